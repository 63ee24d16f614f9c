import { createHash } from "node:crypto";
import type { Job } from "../domain/job";
import type { ClassifierTarget } from "../domain/jobSpec";
import type { EvaluationRows, Trainer } from "../domain/trainer";
import type { StoredFile } from "../store/files";

/** Returns the settings with which a model sees the same validation rows as the training of the job. */
export function rowsOf(job: Job, trainers: ReadonlyMap<string, Trainer>): EvaluationRows {
  const { seq_len: seqLen, fim_ratio: fimRatio } = job.spec.hyperparameters;
  const skipShare = job.spec.invalid_sample_skip_percentage;
  return { seqLen, ...trainers.get(job.trainer)?.rowsOf?.(job), fimRatio, skipShare };
}

/** Whether two classifiers answer the same questions. The order of labels and the weights may differ. */
export function hasSameTargets(some: readonly ClassifierTarget[], others: readonly ClassifierTarget[]): boolean {
  const normal = (targets: readonly ClassifierTarget[]) =>
    JSON.stringify(targets.map(({ name, loss_function, labels }) => [name, loss_function, [...labels].sort()]).sort());
  return normal(some) === normal(others);
}

/** Identifies an evaluation: the same model on the same rows has the same result. */
export function evaluationKey(
  model: string,
  { spec }: Pick<Job, "spec">,
  { files, rows, samples }: { files: readonly StoredFile[]; rows: EvaluationRows; samples: number },
): string {
  const { seqLen = null, fimRatio = null, seed = null, skipShare = null } = rows;
  // The recipe seeds fill-in-the-middle with the names of files.
  const data = files.map(({ sha256, filename }) => (fimRatio === null ? sha256 : [sha256, filename]));
  const parts = [model, spec.job_type, spec.classifier_targets, seqLen, fimRatio, seed, skipShare, data, samples];
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex");
}
