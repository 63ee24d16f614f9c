import { MEBIBYTE } from "#common";
import type { JobSpec } from "../../domain/jobSpec";
import type { Plan } from "../../domain/trainer";
import type { DataTotals } from "../inspectData";
import { SECONDS } from "./simulation";

/** The hosted service reported four sequences of 32,768 tokens per step for its jobs. */
const SEQUENCES_PER_STEP = 4;
const DEFAULT_SEQ_LEN = 32_768;

/** US dollars per million trained tokens: an earlier price of the hosted service for its smallest model. */
const PRICE_PER_MILLION_TOKENS = 2;

const MAX_STEPS = 1_000_000;

/**
 * Computes steps, tokens, duration and cost of a simulated training. One epoch has about one step per megabyte of data.
 */
export function planSimulatedTraining(spec: JobSpec, totals: DataTotals, speed: number): Plan {
  const { training_steps, epochs = 1, seq_len = DEFAULT_SEQ_LEN } = spec.hyperparameters;
  // Repositories are not read: each counts as one megabyte.
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
