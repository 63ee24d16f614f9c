import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { z } from "zod";
import { MAX_SKIP_SHARE } from "#common";
import type { Rules } from "#data";
import { numberOption, UsageError, wholeNumberOption, withUsageErrors } from "../usage";

export interface CheckOptions {
  training: string[];
  validation: string[];
  rules: Rules;
  seqLen: number | undefined;
  allowed: number | undefined;
  json: boolean;
  /** Number of samples to print. */
  show: number | undefined;
  /** Base model whose tokens are printed. */
  model: string | undefined;
}

const target = z.object({
  name: z.string().min(1),
  labels: z.array(z.string()).min(1),
  lossFunction: z.enum(["single_class", "multi_class"]).optional(),
});

const OPTIONS = {
  validation: { type: "string", multiple: true },
  targets: { type: "string" },
  "seq-len": { type: "string" },
  skip: { type: "string" },
  json: { type: "boolean" },
  show: { type: "string" },
  model: { type: "string" },
} as const;

/** Parses the arguments after `check`. */
export function parseCheckOptions(argv: string[]): CheckOptions {
  const { values, positionals: training } = withUsageErrors(() =>
    parseArgs({ args: argv, allowPositionals: true, options: OPTIONS }),
  );
  if (training.length === 0) throw new UsageError("check: expected at least one FILE");
  if (values.model !== undefined && values.show === undefined) throw new UsageError("--model needs --show");
  if (values.model !== undefined && values.targets !== undefined) {
    throw new UsageError("--model and --targets cannot be combined: the server shows completion data only");
  }
  if (values.json && values.show !== undefined) throw new UsageError("--show and --json cannot be combined");
  return {
    training,
    validation: values.validation ?? [],
    rules: rulesOf(values.targets),
    seqLen: wholeNumberOption("--seq-len", values["seq-len"]),
    allowed: numberOption("--skip", values.skip, 0, MAX_SKIP_SHARE),
    json: values.json ?? false,
    show: wholeNumberOption("--show", values.show),
    model: values.model,
  };
}

function rulesOf(file: string | undefined): Rules {
  if (file === undefined) return { jobType: "completion", targets: [] };
  try {
    const targets = z
      .array(target)
      .min(1)
      .parse(JSON.parse(readFileSync(file, "utf8")));
    return {
      jobType: "classifier",
      targets: targets.map(({ lossFunction, ...rest }) => ({ ...rest, loss_function: lossFunction })),
    };
  } catch (error) {
    const issue = error instanceof z.ZodError ? z.prettifyError(error) : (error as Error).message;
    throw new UsageError(`--targets: ${file}: ${issue}`);
  }
}
