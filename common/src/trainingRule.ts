import { z } from "zod";
import type { JobType } from "./jobType";
import { estimateMegabytes, MegabytesRule } from "./megabytesRule";
import { costOf } from "./price";
import { estimateRows, RowsRule } from "./rowsRule";
import type { SizeEstimate, TrainingSize, TrainingTotals } from "./trainingTotals";

export type { MegabytesRule } from "./megabytesRule";
export type { RowsRule } from "./rowsRule";
export type { TrainingSize, TrainingTotals } from "./trainingTotals";

/**
 * How a server computes steps, tokens and cost of a training. The field `training` of base models in `GET /v1/models`,
 * an extension of the API.
 */
export const TrainingRule = z.discriminatedUnion("rule", [RowsRule, MegabytesRule]);
export type TrainingRule = z.output<typeof TrainingRule>;

export interface TrainingEstimate extends SizeEstimate {
  /** `totalSteps` times `tokensPerStep`. */
  trainedTokens: number;
  /** Absent when the rule has no price. */
  cost?: number;
  /** ISO 4217 code of `cost`. */
  currency?: string;
}

/**
 * Estimates a training by the rule of a server. The server's own estimates and the provider's preview both call this
 * function, so that they agree.
 *
 * @example
 * estimateTraining(rule, { bytes: 40_000, samples: 200, tokens: 9_000 }, { epochs: 3 }, "completion").totalSteps;
 */
export function estimateTraining(
  rule: TrainingRule,
  totals: TrainingTotals,
  hyperparameters: TrainingSize,
  jobType: JobType,
): TrainingEstimate {
  const { totalSteps, epochs, tokensPerStep } =
    rule.rule === "rows"
      ? estimateRows(rule, totals, hyperparameters, jobType)
      : estimateMegabytes(rule, totals, hyperparameters);
  const trainedTokens = totalSteps * tokensPerStep;
  return {
    totalSteps,
    epochs: Number(epochs.toPrecision(6)),
    tokensPerStep,
    trainedTokens,
    ...(rule.price && {
      cost: costOf(trainedTokens, rule.price),
      currency: rule.price.currency,
    }),
  };
}
