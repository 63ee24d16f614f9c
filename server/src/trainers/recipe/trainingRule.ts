import type { RowsRule } from "#common/trainingRule";
import { CHARACTERS_PER_TOKEN } from "#data";
import type { BaseModelEntry } from "./modelsFile";

/** The defaults of a training program, for values that neither the job nor the models file sets. */
export type RuleDefaults = Pick<
  RowsRule,
  "seq_len" | "rows_per_step" | "packing" | "epochs" | "min_steps" | "min_steps_per_epoch"
>;

/** The defaults of a program that does not declare its own. `job.json` states `epochs: 1` for such a program. */
export const UNDECLARED_RULE: RuleDefaults = {
  seq_len: 4096,
  rows_per_step: 8,
  packing: true,
  epochs: 1,
  min_steps: 1,
  min_steps_per_epoch: 1,
};

/** Returns the rule of a base model: the settings of the models file over the program's defaults. */
export function trainingRule(base: BaseModelEntry, defaults: RuleDefaults): RowsRule {
  const batchSize = positive(base.batch_size);
  const accumulation = positive(base.gradient_accumulation_steps);
  return {
    rule: "rows",
    ...defaults,
    seq_len: positive(base.seq_len) ?? defaults.seq_len,
    packing: typeof base.packing === "boolean" ? base.packing : defaults.packing,
    characters_per_token: CHARACTERS_PER_TOKEN,
    ...(base.packing === true && { fixed_row_length: true }),
    ...(batchSize !== undefined && { batch_size: batchSize }),
    ...(accumulation !== undefined && { gradient_accumulation_steps: accumulation }),
    ...(base.price && { price: base.price }),
  };
}

/** The models file may contain any value in the fields of the training program. */
function positive(value: unknown): number | undefined {
  return Number.isInteger(value) && (value as number) > 0 ? (value as number) : undefined;
}
