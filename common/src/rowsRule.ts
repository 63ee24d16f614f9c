import { z } from "zod";
import { JobType } from "./jobType";
import { Price } from "./price";
import type { SizeEstimate, TrainingSize, TrainingTotals } from "./trainingTotals";

/** The rule of training programs, which train rows of tokens. */
export const RowsRule = z.object({
  rule: z.literal("rows"),
  /** The longest row in tokens, unless the job sets `seq_len`. */
  seq_len: z.int().min(1),
  /** Rows per step, unless `batch_size` or `gradient_accumulation_steps` is set. */
  rows_per_step: z.int().min(1),
  /** Whether several samples of a completion job share a row. */
  packing: z.boolean(),
  /** Passes over the data, unless the job sets `training_steps` or `epochs`. */
  epochs: z.number().positive(),
  /** The fewest steps of a job that sets neither `training_steps` nor `epochs`. */
  min_steps: z.int().min(1),
  /** The fewest steps of an epoch, if there are enough samples. 1: rows and steps keep their size. */
  min_steps_per_epoch: z.int().min(1),
  /** The average number of characters in a token of this model. */
  characters_per_token: z.number().positive(),
  /** Packed rows always have `seq_len` tokens, because the operator has set `packing: true`. */
  fixed_row_length: z.boolean().optional(),
  /** Rows of one forward pass, if the operator has set them. */
  batch_size: z.int().min(1).optional(),
  /** Forward passes per step, if the operator has set them. */
  gradient_accumulation_steps: z.int().min(1).optional(),
  /** Data-parallel workers; 1 by default. */
  workers: z.int().min(1).optional(),
  price: Price.optional(),
});
export type RowsRule = z.output<typeof RowsRule>;

/**
 * Mirrors `server/recipes/trl/mistral_recipe/plan.py`. The recipe's plan also knows the length of every sample; this
 * estimate assumes that samples fill packed rows completely.
 */
export function estimateRows(
  rule: RowsRule,
  uncut: TrainingTotals,
  asked: TrainingSize,
  jobType: JobType,
): SizeEstimate {
  const samples = Math.max(1, uncut.samples);
  const totals = uncut.hasTexts === false ? cutAt(asked.seqLen ?? rule.seq_len, uncut) : uncut;
  const packed = rule.packing && jobType === JobType.Completion ? packedRows(rule, totals, asked) : undefined;
  const rows = packed ?? samples;
  const tokens = Math.min(totals.tokens, rows * (asked.seqLen ?? rule.seq_len));
  const rowsPerStep = planRowsPerStep(rule, rows, samples, asked, packed !== undefined);
  const perEpoch = Math.ceil(rows / rowsPerStep);
  const totalSteps = asked.trainingSteps ?? defaultSteps(rule, asked.epochs, perEpoch);
  const tokensPerStep = Math.max(1, Math.round((tokens / rows) * Math.min(rowsPerStep, rows)));
  return { totalSteps, epochs: totalSteps / perEpoch, tokensPerStep };
}

/** Without this limit, a few very long conversations would make a training look many times larger than it is. */
function cutAt(seqLen: number, totals: TrainingTotals): TrainingTotals {
  return { ...totals, tokens: Math.min(totals.tokens, Math.max(1, totals.samples) * seqLen) };
}

/** Returns the number of packed rows, or undefined when packing would leave too few rows for an epoch. */
function packedRows(rule: RowsRule, totals: TrainingTotals, asked: TrainingSize): number | undefined {
  const rows = Math.max(1, Math.ceil(totals.tokens / packedLength(rule, totals, asked)));
  const isFixed = asked.trainingSteps !== undefined || rule.fixed_row_length || hasOperatorBatch(rule);
  const tooFew = rows < minStepsPerEpoch(rule, totals.samples) * (rule.workers ?? 1);
  return tooFew && !isFixed ? undefined : rows;
}

/** Returns the tokens of a packed row: `seq_len`, or less when an epoch of full rows would have too few steps. */
function packedLength(rule: RowsRule, { samples, tokens, longestSample }: TrainingTotals, asked: TrainingSize): number {
  const seqLen = asked.seqLen ?? rule.seq_len;
  if (asked.trainingSteps !== undefined || rule.fixed_row_length || rule.min_steps_per_epoch === 1) return seqLen;
  const rows = minStepsPerEpoch(rule, samples) * batchOf(rule, true).rows;
  const longest = longestSample ?? tokens / Math.max(1, samples);
  return Math.max(1, Math.min(seqLen, Math.max(Math.ceil(tokens / rows), Math.ceil(longest))));
}

function planRowsPerStep(
  rule: RowsRule,
  rows: number,
  samples: number,
  asked: TrainingSize,
  isPacked: boolean,
): number {
  const { workers = 1 } = rule;
  const batch = batchOf(rule, isPacked);
  let wanted = Math.min(batch.rows, rows);
  if (asked.trainingSteps === undefined && !hasOperatorBatch(rule)) {
    wanted = Math.min(wanted, Math.floor(rows / minStepsPerEpoch(rule, samples)));
    wanted = Math.max(1, Math.floor(wanted / workers)) * workers;
  }
  const perWorker = Math.ceil(wanted / workers);
  const microBatch = Math.min(Math.max(1, Math.floor(batch.size / workers)), perWorker);
  return microBatch * Math.ceil(perWorker / microBatch) * workers;
}

function defaultSteps(rule: RowsRule, epochs: number | undefined, perEpoch: number): number {
  return epochs === undefined
    ? Math.max(rule.min_steps, Math.ceil(rule.epochs * perEpoch))
    : Math.max(1, Math.ceil(epochs * perEpoch));
}

function minStepsPerEpoch(rule: RowsRule, samples: number): number {
  return Math.max(1, Math.min(rule.min_steps_per_epoch, Math.floor(samples / (rule.workers ?? 1))));
}

function hasOperatorBatch(rule: RowsRule): boolean {
  return rule.batch_size !== undefined || rule.gradient_accumulation_steps !== undefined;
}

/** Returns the rows of one forward pass and of one step. By default a forward pass has one packed row. */
function batchOf(rule: RowsRule, isPacked: boolean): { size: number; rows: number } {
  const [defaultSize, defaultPasses] = isPacked ? [1, rule.rows_per_step] : [rule.rows_per_step, 1];
  const size = rule.batch_size ?? defaultSize;
  const passes = rule.gradient_accumulation_steps ?? (rule.batch_size === undefined ? defaultPasses : 1);
  return { size, rows: size * passes };
}
