import { connect } from "../jobs/connect";
import { canStyle, visible } from "../marks";
import { type Comparison, compareJobs } from "./comparison";
import { markdownReport } from "./markdown";
import { type Format, parseCompareOptions } from "./options";
import { reportOf } from "./report";
import { terminalReport } from "./terminal";

/** Runs the command `compare`. */
export async function compare(argv: string[]): Promise<void> {
  const { jobs, format } = parseCompareOptions(argv);
  console.log(formatted(await compareJobs(connect(), jobs), format));
}

function formatted(comparison: Comparison, format: Format): string {
  if (format === "json") return visible(JSON.stringify(comparison, undefined, 2));
  if (format === "markdown") return markdownReport(reportOf(comparison));
  return terminalReport(reportOf(comparison), process.stdout.columns, canStyle());
}
