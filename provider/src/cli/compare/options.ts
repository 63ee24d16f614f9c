import { parseArgs } from "node:util";
import { UsageError, withUsageErrors } from "../usage";

const MAX_JOBS = 12;

export type Format = "terminal" | "markdown" | "json";

const OPTIONS = { markdown: { type: "boolean" }, json: { type: "boolean" } } as const;

/** Parses the arguments after `compare`. */
export function parseCompareOptions(argv: string[]): { jobs: string[]; format: Format } {
  const { values, positionals: jobs } = withUsageErrors(() =>
    parseArgs({ args: argv, allowPositionals: true, options: OPTIONS }),
  );
  const { markdown = false, json = false } = values;
  if (jobs.length < 2) throw new UsageError(`compare: expected the IDs of at least two jobs, got ${jobs.length}`);
  if (jobs.length > MAX_JOBS) throw new UsageError(`compare: at most ${MAX_JOBS} jobs, got ${jobs.length}`);
  if (markdown && json) throw new UsageError("--markdown and --json cannot be combined");
  return { jobs, format: markdown ? "markdown" : json ? "json" : "terminal" };
}
