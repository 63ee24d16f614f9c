import { parseArgs } from "node:util";
import { numberOption, UsageError, withUsageErrors } from "../usage";

/** More curves in one chart cannot be told apart. */
const MAX_JOBS = 12;

const DEFAULT_WIDTH = 80;
const DEFAULT_HEIGHT = 16;

export interface PlotOptions {
  jobs: string[];
  /** Names of metrics. Empty: the losses. */
  metrics: string[];
  /** A logarithmic y-axis. */
  log: boolean;
  /** The file for an SVG chart. */
  svg: string | undefined;
  /** The size of the chart in characters. */
  width: number;
  height: number;
}

const OPTIONS = {
  metric: { type: "string", multiple: true },
  log: { type: "boolean" },
  svg: { type: "string" },
  width: { type: "string" },
  height: { type: "string" },
} as const;

/** Parses the arguments after `plot`. @param columns the width of the terminal, if stdout is one */
export function parsePlotOptions(argv: string[], columns: number | undefined): PlotOptions {
  const { values, positionals: jobs } = withUsageErrors(() =>
    parseArgs({ args: argv, allowPositionals: true, options: OPTIONS }),
  );
  if (jobs.length === 0) throw new UsageError("plot: expected the ID of at least one job");
  if (jobs.length > MAX_JOBS) throw new UsageError(`plot: at most ${MAX_JOBS} jobs, got ${jobs.length}`);
  const { metric = [], log = false, svg } = values;
  const fromTerminal = Math.max(40, columns ?? DEFAULT_WIDTH);
  const width = Math.floor(numberOption("--width", values.width, 40, 1000) ?? fromTerminal);
  const height = Math.floor(numberOption("--height", values.height, 4, 200) ?? DEFAULT_HEIGHT);
  return { jobs: [...new Set(jobs)], metrics: [...new Set(metric)], log, svg, width, height };
}
