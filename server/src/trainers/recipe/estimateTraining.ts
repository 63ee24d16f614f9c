import type { JobSpec } from "../../domain/jobSpec";
import type { Plan, TrainingRequest, Validation } from "../../domain/trainer";
import { type DataTotals, inspectData } from "../inspectData";
import type { BaseModelEntry, ModelsFile } from "./modelsFile";

/** The defaults of the included recipe, for values that neither the job nor the models file sets. */
const DEFAULT_SEQ_LEN = 4096;
const DEFAULT_BATCH_SIZE = 8;

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
  return data.ok ? { ok: true, plan: planRecipeTraining(request.spec, data.totals, base) } : data;
}

/** Estimates a training from its data. The program reports the actual values when it starts. */
export function planRecipeTraining(spec: JobSpec, totals: DataTotals, base: BaseModelEntry): Plan {
  const { training_steps, epochs = 1, seq_len = positive(base.seq_len) ?? DEFAULT_SEQ_LEN } = spec.hyperparameters;
  const batch = (positive(base.batch_size) ?? DEFAULT_BATCH_SIZE) * (positive(base.gradient_accumulation_steps) ?? 1);
  const packed = base.packing !== false && spec.job_type === "completion";
  const sequences = Math.max(1, packed ? totals.tokens / seq_len : totals.samples);
  const totalSteps = training_steps ?? Math.ceil(epochs * Math.ceil(sequences / batch));
  const tokensPerStep = Math.ceil(batch * (packed ? seq_len : Math.min(seq_len, totals.tokens / sequences)));
  return {
    totalSteps,
    epochs: Number(((totalSteps * batch) / sequences).toPrecision(6)),
    samples: totals.samples,
    skippedSamples: totals.skipped,
    dataTokens: totals.tokens,
    tokensPerStep,
    ...(base.price && {
      cost: Number((((totalSteps * tokensPerStep) / 1e6) * base.price.per_million_tokens).toFixed(4)),
      costCurrency: base.price.currency,
    }),
  };
}

function positive(value: unknown): number | undefined {
  return typeof value === "number" && value > 0 ? value : undefined;
}
