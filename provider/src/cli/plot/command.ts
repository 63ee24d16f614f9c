import { writeFile } from "node:fs/promises";
import { connect } from "../jobs/connect";
import { canStyle, visibleLine } from "../marks";
import { shown } from "./axes";
import { readCurves } from "./curves";
import { parsePlotOptions } from "./options";
import { svgChart } from "./svgChart";
import { terminalChart } from "./terminalChart";

/** Runs the command `plot`. Sets the exit code to 1 when there is nothing to draw. */
export async function plot(argv: string[]): Promise<void> {
  const { jobs, metrics, log, svg, width, height } = parsePlotOptions(argv, process.stdout.columns);
  const { title, curves: read, notes } = await readCurves(connect(), jobs, metrics);
  const curves = shown(read, log).filter(({ points }) => points.length > 0);
  const scaled = log ? `${title}, logarithmic` : title;
  if (curves.length === 0) {
    process.exitCode = 1;
    console.error(["There is nothing to draw.", ...notes].join("\n"));
    return;
  }
  if (svg === undefined) {
    console.log([scaled, terminalChart(curves, { width, height, log, isStyled: canStyle() }), ...notes].join("\n"));
    return;
  }
  await writeFile(svg, svgChart(scaled, curves, log));
  console.log([`The chart is in ${visibleLine(svg)}.`, ...notes].join("\n"));
}
