import { MEBIBYTE } from "#common";
import type { MegabytesRule } from "#common/trainingRule";
import { CHARACTERS_PER_TOKEN } from "#data";
import type { JobSpec } from "../../domain/jobSpec";
import type { Plan } from "../../domain/trainer";
import { estimatePlan } from "../estimatePlan";
import type { DataTotals } from "../inspectData";
import { SECONDS } from "./simulation";

/** One epoch has about one step per megabyte of data. */
export const SIMULATED_RULE: MegabytesRule = {
  rule: "megabytes",
  bytes_per_step: MEBIBYTE,
  // The hosted service reported four sequences of 32,768 tokens per step for its jobs.
  sequences_per_step: 4,
  seq_len: 32_768,
  epochs: 1,
  max_steps: 1_000_000,
  characters_per_token: CHARACTERS_PER_TOKEN,
  // An earlier price of the hosted service for its smallest model.
  price: { per_million_tokens: 2, currency: "USD" },
};

/** Computes steps, tokens, duration and cost of a simulated training. */
export function planSimulatedTraining(spec: JobSpec, totals: DataTotals, speed: number): Plan {
  const plan = estimatePlan(spec, totals, SIMULATED_RULE);
  return {
    ...plan,
    expectedDurationSeconds: Math.ceil((SECONDS.start + plan.totalSteps * SECONDS.step) / speed),
    speed,
  };
}
