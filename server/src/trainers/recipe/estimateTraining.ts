import { estimateTraining as estimateByRule, type RowsRule } from "#common/trainingRule";
import type { JobSpec } from "../../domain/jobSpec";
import type { Plan, TrainingRequest, Validation } from "../../domain/trainer";
import { type DataTotals, inspectData } from "../inspectData";
import { trainingSize } from "../trainingSize";
import type { ModelsFile } from "./modelsFile";
import { trainingRule, UNDECLARED_RULE } from "./trainingRule";

/** Checks whether this server can train a job, and estimates steps, tokens and cost. */
export async function estimateTraining(
  request: TrainingRequest,
  models: ModelsFile,
  signal: AbortSignal,
): Promise<Validation> {
  const base = models.get(request.spec.model);
  if (base === undefined) {
    const reason = `This server has no model ${request.spec.model}. Available models: ${[...models.keys()].join(", ") || "none"}`;
    return { ok: false, reason, findings: [] };
  }
  const data = await inspectData(request, signal);
  return data.ok
    ? { ok: true, plan: planRecipeTraining(request.spec, data.totals, trainingRule(base, UNDECLARED_RULE)) }
    : data;
}

/** Estimates a training from its data. The program reports the actual values when it starts. */
function planRecipeTraining(spec: JobSpec, totals: DataTotals, rule: RowsRule): Plan {
  const { totalSteps, epochs, tokensPerStep, cost, currency } = estimateByRule(
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
