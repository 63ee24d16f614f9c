import { parseArgs } from "node:util";
import { UsageError, wholeNumberOption, withUsageErrors } from "../usage";
import type { DiffOptions } from "./dataDiff";

/** The number of samples that are shown of each kind. */
const DEFAULT_LIMIT = 10;

export type Format = "terminal" | "markdown" | "json";

const OPTIONS = {
  validation: { type: "string", multiple: true },
  limit: { type: "string" },
  summary: { type: "boolean" },
  markdown: { type: "boolean" },
  json: { type: "boolean" },
} as const;

/** Parses the arguments after `diff`. */
export function parseDiffOptions(argv: string[]): DiffOptions & { format: Format } {
  const { values, positionals } = withUsageErrors(() =>
    parseArgs({ args: argv, allowPositionals: true, options: OPTIONS }),
  );
  const { markdown = false, json = false, summary = false, validation = [] } = values;
  const [before, after, ...more] = positionals;
  if (before === undefined || after === undefined || more.length > 0) {
    throw new UsageError(`diff: expected OLD and NEW, got ${positionals.length} files`);
  }
  if (markdown && json) throw new UsageError("--markdown and --json cannot be combined");
  if (summary && values.limit !== undefined) throw new UsageError("--summary and --limit cannot be combined");
  const limit = summary ? 0 : (wholeNumberOption("--limit", values.limit) ?? DEFAULT_LIMIT);
  return { before, after, validation, limit, format: markdown ? "markdown" : json ? "json" : "terminal" };
}
