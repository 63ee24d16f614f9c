import { canStyle, visible } from "../marks";
import { type DataDiff, diffFiles } from "./dataDiff";
import { type Format, parseDiffOptions } from "./options";
import { markdownReport } from "./report/markdown";
import { reportOf } from "./report/report";
import { terminalReport } from "./report/terminal";

/** Runs the command `diff`. */
export async function diff(argv: string[]): Promise<void> {
  const { format, ...options } = parseDiffOptions(argv);
  console.log(formatted(await diffFiles(options), format));
}

function formatted(diff: DataDiff, format: Format): string {
  if (format === "json") return visible(JSON.stringify(diff, undefined, 2));
  if (format === "markdown") return markdownReport(reportOf(diff));
  return terminalReport(reportOf(diff), canStyle());
}
