import { z } from "zod";
import { omitUndefined } from "../../../omitUndefined";
import { type RuleDefaults, UNDECLARED_RULE } from "../../recipe/trainingRule";

const count = z.int().min(1);

const capabilities = z.object({
  version: z.literal(1),
  /** Absent: every job type. */
  job_types: z.array(z.string()).optional(),
  /** The program has the command `plan`. */
  plan: z.boolean().default(false),
  /** The program has the command `show`. */
  show: z.boolean().default(false),
  /** The program has the command `evaluate`. */
  evaluate: z.boolean().default(false),
  /** The program evaluates on validation files. */
  evaluation: z.boolean().default(true),
  /** The program reads cleaned copies of the data files. */
  cleaned_data: z.boolean().default(false),
  /** Values that the program uses when neither the job nor the models file sets them. */
  rule: z
    .object({
      seq_len: count,
      rows_per_step: count,
      packing: z.boolean(),
      epochs: z.number().positive(),
      min_steps: count,
      min_steps_per_epoch: count,
    })
    .partial()
    .default({}),
});

/** What a training program can do, according to its command `capabilities`. */
export interface Capabilities extends Omit<z.output<typeof capabilities>, "version" | "rule"> {
  rule: RuleDefaults;
  /** What the program printed; undefined for a program without the command. Changes when the program changes. */
  declared?: unknown;
}

/** The capabilities of a program that only has the command that trains. */
export const UNDECLARED: Capabilities = {
  plan: false,
  show: false,
  evaluate: false,
  evaluation: true,
  cleaned_data: false,
  rule: UNDECLARED_RULE,
};

/**
 * Parses the output of `<command> capabilities`: one JSON object in the last line.
 *
 * @returns undefined when the output is something else
 */
export function parseCapabilities(output: string): Capabilities | undefined {
  const line = output.trimEnd().split("\n").at(-1) ?? "";
  let declared: unknown;
  try {
    declared = JSON.parse(line);
  } catch {
    return undefined;
  }
  const { data } = capabilities.safeParse(declared);
  if (data === undefined) return undefined;
  const { version: _, rule, ...rest } = data;
  // `job.json` states one epoch for a program that does not plan, and its rule has no minimum.
  const { epochs, min_steps, min_steps_per_epoch } = UNDECLARED_RULE;
  const withoutPlan = rest.plan ? {} : { epochs, min_steps, min_steps_per_epoch };
  return { ...rest, rule: { ...UNDECLARED_RULE, ...omitUndefined(rule), ...withoutPlan }, declared };
}
