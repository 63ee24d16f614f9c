import { z } from "zod";
import { Price } from "./price";
import type { SizeEstimate, TrainingSize, TrainingTotals } from "./trainingTotals";

/** The rule of the simulated trainer, which imitates the hosted service: about one step per megabyte of data. */
export const MegabytesRule = z.object({
  rule: z.literal("megabytes"),
  bytes_per_step: z.int().min(1),
  sequences_per_step: z.int().min(1),
  /** Tokens per sequence, unless the job sets `seq_len`. */
  seq_len: z.int().min(1),
  /** Passes over the data, unless the job sets `training_steps` or `epochs`. */
  epochs: z.number().positive(),
  /** The most steps of a job that does not set `training_steps`. */
  max_steps: z.int().min(1),
  characters_per_token: z.number().positive(),
  price: Price.optional(),
});
export type MegabytesRule = z.output<typeof MegabytesRule>;

export function estimateMegabytes(rule: MegabytesRule, totals: TrainingTotals, asked: TrainingSize): SizeEstimate {
  const { trainingSteps, epochs = rule.epochs, seqLen = rule.seq_len } = asked;
  const perEpoch = Math.max(totals.bytes / rule.bytes_per_step + (totals.repositories ?? 0), 1 / rule.bytes_per_step);
  const totalSteps = trainingSteps ?? Math.min(rule.max_steps, Math.max(1, Math.round(epochs * perEpoch)));
  return { totalSteps, epochs: totalSteps / perEpoch, tokensPerStep: rule.sequences_per_step * seqLen };
}
