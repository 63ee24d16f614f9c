import { estimateTraining, type TrainingRule } from "#common/trainingRule";
import type { JobSpec } from "../domain/jobSpec";
import type { Plan } from "../domain/trainer";
import type { DataTotals } from "./inspectData";
import { trainingSize } from "./trainingSize";

/** Estimates a training from its data, by the rule of its trainer. */
export function estimatePlan(spec: JobSpec, totals: DataTotals, rule: TrainingRule): Plan {
  const { totalSteps, epochs, tokensPerStep, cost, currency } = estimateTraining(
    rule,
    { ...totals, repositories: spec.repositories.length },
    trainingSize(spec),
    spec.job_type,
  );
  return {
    totalSteps,
    epochs,
    samples: totals.samples,
    skippedSamples: totals.skipped,
    dataTokens: totals.tokens,
    tokensPerStep,
    ...(cost !== undefined && { cost }),
    ...(currency !== undefined && { costCurrency: currency }),
  };
}
