import { type JobType, MEBIBYTE } from "#common";
import { estimateTraining, type TrainingRule } from "#common/trainingRule";
import type { Hyperparameters } from "../../schema/inputs";
import type { DataSummary } from "./inspectData";

/** An estimate with its bounds. */
export interface Range {
  low: number;
  likely: number;
  high: number;
}

/** The estimated size of a training. */
export interface Estimate {
  /** Undefined when the server decides and has not published its rule. */
  steps: number | undefined;
  /** Passes over the data. */
  epochs: number | undefined;
  /** Whether the user has set the steps; otherwise they are computed. */
  stepsAreSet: boolean;
  trainedTokens: Range | undefined;
  /** Set only when the server publishes a price. */
  cost?: Range & { currency: string };
}

/** The other inputs that determine the size of a training. */
export interface JobSize {
  hyperparameters: Hyperparameters;
  jobType: JobType;
  /** The number of repositories. */
  repositories: number;
}

/**
 * Estimates a training by the rule that the server publishes.
 *
 * The rule `megabytes` depends only on the size of the files, so its result is exact. The rule `rows` depends on the number of
 * tokens, so its result has bounds.
 */
export function estimateByRule(
  rule: TrainingRule,
  { bytes, samples, tokens, characters, longestCharacters }: DataSummary,
  { hyperparameters, jobType, repositories }: JobSize,
): Estimate {
  const inTokens = (characters: number) => Math.ceil(characters / rule.characters_per_token);
  const totals = {
    bytes,
    samples,
    tokens: inTokens(characters),
    longestSample: inTokens(longestCharacters),
    hasTexts: (tokens.text ?? 0) > 0,
    repositories,
  };
  const { totalSteps, epochs, trainedTokens, cost, currency } = estimateTraining(
    rule,
    totals,
    hyperparameters,
    jobType,
  );
  const range = rule.rule === "megabytes" ? exactly : withBounds;
  return {
    steps: totalSteps,
    epochs,
    stepsAreSet: hyperparameters.trainingSteps !== undefined,
    trainedTokens: range(trainedTokens),
    ...(cost !== undefined && currency !== undefined && { cost: { ...range(cost), currency } }),
  };
}

/** Estimates a training on a server that publishes no rule, with one step per MB of data: the hosted service's rule. */
export function estimateByMegabytes(
  summary: DataSummary,
  { trainingSteps, epochs: passes }: Hyperparameters,
): Estimate {
  const megabytes = summary.bytes / MEBIBYTE;
  const epochs = trainingSteps === undefined ? passes : trainingSteps / megabytes;
  return {
    steps: trainingSteps ?? (passes && Math.max(1, Math.round(passes * megabytes))),
    epochs,
    stepsAreSet: trainingSteps !== undefined,
    trainedTokens: epochs === undefined ? undefined : withBounds(totalTokens(summary) * epochs),
  };
}

/**
 * Returns the bounds of an estimate: 1.5 times as many characters per token as assumed (long words, a large vocabulary), to half
 * as many (dense code, many non-Latin writing systems).
 */
export const withBounds = (likely: number): Range => ({ low: likely / 1.5, likely, high: likely * 2 });

/** Returns the range of a value that is not an estimate. */
export const exactly = (value: number): Range => ({ low: value, likely: value, high: value });

export const totalTokens = ({ tokens }: DataSummary) => Object.values(tokens).reduce((sum, each) => sum + each, 0);
