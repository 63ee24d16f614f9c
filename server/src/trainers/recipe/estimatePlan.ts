import { estimateTraining, type RowsRule } from "#common/trainingRule";
import type { JobSpec } from "../../domain/jobSpec";
import type { Plan } from "../../domain/trainer";
import type { DataTotals } from "../inspectData";
import { trainingSize } from "../trainingSize";

/** Estimates a training from its data. The program reports the actual values when it starts. */
export function estimatePlan(spec: JobSpec, totals: DataTotals, rule: RowsRule): Plan {
  const { totalSteps, epochs, tokensPerStep, cost, currency } = estimateTraining(
    rule,
    totals,
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
