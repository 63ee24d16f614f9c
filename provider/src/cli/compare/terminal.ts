import { styleText } from "node:util";
import type { Report } from "./report";

const GAP = "  ";

/** The narrowest column of a job, in characters. */
const MIN_WIDTH = 8;

/** @param columns the width of the terminal; undefined: cells are as wide as their texts */
export function terminalReport({ header, sections }: Report, columns: number | undefined, isStyled: boolean): string {
  const rows = [header, ...sections.flatMap((section) => section.rows)];
  const widths = header.map((_, column) => Math.max(...rows.map((row) => (row[column] ?? "").length)));
  const [nameWidth = 0, ...jobWidths] = widths;
  const available = columns === undefined ? undefined : columns - nameWidth - GAP.length * jobWidths.length;
  const fitted = [nameWidth, ...fit(jobWidths, available)];
  const line = (cells: string[]) =>
    cells
      .map((cell, column) => cut(cell, fitted[column] as number))
      .join(GAP)
      .trimEnd();
  const title = (text: string) => (isStyled ? styleText("bold", text) : text);
  return [
    title(line(header)),
    ...sections.flatMap((section) => ["", title(section.title), ...section.rows.map(line)]),
  ].join("\n");
}

/** Narrows the widest columns until all fit. */
function fit(widths: number[], available: number | undefined): number[] {
  const fitted = [...widths];
  if (available === undefined) return fitted;
  const total = () => fitted.reduce((sum, width) => sum + width, 0);
  while (total() > available) {
    const widest = fitted.indexOf(Math.max(...fitted));
    if ((fitted[widest] as number) <= MIN_WIDTH) break;
    fitted[widest] = (fitted[widest] as number) - 1;
  }
  return fitted;
}

function cut(text: string, width: number): string {
  return text.length > width ? `${text.slice(0, width - 1)}…` : text.padEnd(width);
}
