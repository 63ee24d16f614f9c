import { MEBIBYTE } from "#common";
import type { JobSpec } from "../../domain/jobSpec";
import type { Plan } from "../../domain/trainer";
import type { DataTotals } from "../inspectData";
import { SECONDS } from "./simulation";

/** What the hosted service reported for its jobs: four sequences of 32 768 tokens a step. */
const SEQUENCES_PER_STEP = 4;
const DEFAULT_SEQ_LEN = 32_768;

/** US dollars for a million trained tokens: what the hosted service once took for its smallest model. */
const PRICE_PER_MILLION_TOKENS = 2;

const MAX_STEPS = 1_000_000;

/** Steps, tokens, time and cost of a simulated training. One epoch takes about one step per megabyte of data. */
export function planTraining(spec: JobSpec, totals: DataTotals, speed: number): Plan {
  const { training_steps, epochs = 1, seq_len = DEFAULT_SEQ_LEN } = spec.hyperparameters;
  // Repositories are not read; they stand for one megabyte each.
  const megabytes = Math.max(totals.bytes / MEBIBYTE + spec.repositories.length, 1 / MEBIBYTE);
  const totalSteps = training_steps ?? Math.min(MAX_STEPS, Math.max(1, Math.round(epochs * megabytes)));
  const tokensPerStep = SEQUENCES_PER_STEP * seq_len;
  return {
    totalSteps,
    epochs: Number((totalSteps / megabytes).toPrecision(6)),
    samples: totals.samples,
    skippedSamples: totals.skipped,
    dataTokens: totals.tokens,
    tokensPerStep,
    expectedDurationSeconds: Math.ceil((SECONDS.start + totalSteps * SECONDS.step) / speed),
    cost: Number((((totalSteps * tokensPerStep) / 1e6) * PRICE_PER_MILLION_TOKENS).toFixed(4)),
    costCurrency: "USD",
    speed,
  };
}
