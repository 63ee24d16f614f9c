import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { z } from "zod";
import type { Rules } from "#data";

export const HELP = `pulumi-mistral check FILE... [options]

Checks training data: every sample, in one pass, in constant memory. Exit code 0: the data is good (there may be
warnings); 1: it is not; 2: the command cannot be understood.

  --validation FILE  validation data; may be given several times
  --targets FILE     JSON: the job's classifierTargets, [{"name", "labels", "lossFunction"?}]; the data is a classifier's
  --seq-len N        warn of samples with more tokens (an estimate: four characters each)
  --skip SHARE       this share of the samples, 0 to 0.5, may be bad (invalidSampleSkipPercentage)
  --json             print the result as JSON`;

/** A command that cannot be understood. */
export class UsageError extends Error {}

export interface CheckOptions {
  training: string[];
  validation: string[];
  rules: Rules;
  seqLen: number | undefined;
  allowed: number | undefined;
  json: boolean;
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
  if (command !== "check") throw new UsageError(`unknown command ${JSON.stringify(command)}; there is: check`);
  if (training.length === 0) throw new UsageError("check: expected the name of a file");
  return {
    training,
    validation: values.validation ?? [],
    rules: rulesOf(values.targets),
    seqLen: number("--seq-len", values["seq-len"], 1, Number.MAX_SAFE_INTEGER),
    allowed: number("--skip", values.skip, 0, 0.5),
    json: values.json ?? false,
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
