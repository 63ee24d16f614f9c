import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { z } from "zod";
import { MAX_SKIP_SHARE } from "#common";
import type { Rules } from "#data";

export const HELP = `pulumi-mistral check FILE... [options]

Checks every sample of the training data in constant memory.

  --validation FILE  validation data; can be repeated
  --targets FILE     check classifier data; FILE is JSON with the job's classifierTargets:
                     [{"name", "labels", "lossFunction"?}]
  --seq-len N        warn about samples with more than N tokens (estimated at 4 characters per token)
  --skip SHARE       accept this share of invalid samples, 0 to 0.5 (invalidSampleSkipPercentage)
  --show N           print the first N valid samples, and mark the text that counts for the loss
  --model NAME       with --show: print the exact text of the tokens of this base model. The server is asked: set
                     MISTRAL_BASE_URL and, if the server needs a key, MISTRAL_API_KEY
  --json             print the result as JSON

Exit codes: 0 = valid (there may be warnings), 1 = invalid, 2 = wrong usage`;

/** The command line is invalid. */
export class UsageError extends Error {}

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

export function parseOptions(argv: string[]): CheckOptions | "help" {
  const { values, positionals } = parsed(argv);
  const [command, ...training] = positionals;
  if (values.help || command === undefined) return "help";
  if (command !== "check") throw new UsageError(`unknown command ${JSON.stringify(command)}; expected: check`);
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
    seqLen: wholeNumber("--seq-len", values["seq-len"]),
    allowed: number("--skip", values.skip, 0, MAX_SKIP_SHARE),
    json: values.json ?? false,
    show: wholeNumber("--show", values.show),
    model: values.model,
  };
}

function parsed(argv: string[]) {
  try {
    return parseArgs({
      args: argv,
      allowPositionals: true,
      options: {
        validation: { type: "string", multiple: true },
        targets: { type: "string" },
        "seq-len": { type: "string" },
        skip: { type: "string" },
        json: { type: "boolean" },
        show: { type: "string" },
        model: { type: "string" },
        help: { type: "boolean", short: "h" },
      },
    });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
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

function number(name: string, text: string | undefined, least: number, most: number): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text.trim() !== "" && value >= least && value <= most) return value;
  throw new UsageError(`${name}: expected a number from ${least} to ${most}, got ${JSON.stringify(text)}`);
}

function wholeNumber(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new UsageError(`${name}: expected a whole number of at least 1, got ${JSON.stringify(text)}`);
}
