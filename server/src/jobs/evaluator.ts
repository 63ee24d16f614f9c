import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { isBaseModel } from "../domain/baseModels";
import type { Job } from "../domain/job";
import { isSystemError } from "../domain/systemError";
import type { EvaluationRequest, Trainer } from "../domain/trainer";
import type { FileStore } from "../store/files";
import type { JobStore } from "../store/jobs";
import type { ModelEvaluation, ModelEvaluationStore } from "../store/modelEvaluations";
import type { ModelStore } from "../store/models";

export interface EvaluatorOptions {
  evaluations: ModelEvaluationStore;
  jobs: JobStore;
  files: FileStore;
  models: ModelStore;
  trainers: ReadonlyMap<string, Trainer>;
  /** Receives the internal error that failed an evaluation. The API does not show this error to users. */
  onError(id: string, error: unknown): void;
}

/** Milliseconds between two attempts after a system error, such as a full disk. */
const RETRY_DELAY = 5000;

/**
 * Runs the evaluations on demand, one after the other: each needs as much memory as a training. An evaluation that a crash
 * has interrupted is queued again by `open`.
 */
export class Evaluator {
  private readonly closing = new AbortController();
  private readonly waiting = new Set<string>();
  private running: Promise<void> | undefined;

  constructor(private readonly options: EvaluatorOptions) {}

  /** Continues with the evaluations of an earlier process. */
  open(): void {
    for (const id of this.options.evaluations.unfinished()) this.add(id);
  }

  /** Stops the running evaluation. The next process runs it again. */
  async close(): Promise<void> {
    this.closing.abort();
    await this.running;
  }

  /** Runs an evaluation after those that wait. Call it when the evaluation is durable. */
  add(id: string): void {
    this.waiting.add(id);
    this.running ??= this.runAll();
  }

  private async runAll(): Promise<void> {
    // Not in the caller's turn: `running` must be set before the loop can end.
    await Promise.resolve();
    for (const id of this.waiting) {
      if (this.closing.signal.aborted) break;
      // First: an evaluation that fails may be requested again before this iteration ends.
      this.waiting.delete(id);
      await this.runUntilEnd(id);
    }
    this.running = undefined;
  }

  private async runUntilEnd(id: string): Promise<void> {
    const { onError } = this.options;
    const { signal } = this.closing;
    while (!signal.aborted) {
      try {
        await this.run(id);
        return;
      } catch (error) {
        if (signal.aborted) return;
        onError(id, error);
        if (!isSystemError(error) && this.fail(id)) return;
        await sleep(RETRY_DELAY, undefined, { signal }).catch(() => {});
      }
    }
  }

  /** @returns false when the database is what fails */
  private fail(id: string): boolean {
    try {
      const reason = `Internal error of the server; search its log for ${id}`;
      this.options.evaluations.update(id, "FAILED", { reason });
      return true;
    } catch {
      return false;
    }
  }

  private async run(id: string): Promise<void> {
    const { evaluations, trainers } = this.options;
    const evaluation = evaluations.get(id);
    if (evaluation === undefined || evaluation.status === "SUCCESS" || evaluation.status === "FAILED") return;
    const trainer = trainers.get(evaluation.trainer);
    if (trainer?.evaluate === undefined) {
      const reason = `The evaluation needs the trainer ${evaluation.trainer}, which is not active`;
      evaluations.update(id, "FAILED", { reason });
      return;
    }
    const request = this.requestOf(evaluation);
    if (typeof request === "string") {
      evaluations.update(id, "FAILED", { reason: request });
      return;
    }
    evaluations.update(id, "RUNNING");
    await evaluations.committed();
    const result = await trainer.evaluate(request, this.closing.signal);
    if ("failure" in result) {
      evaluations.update(id, "FAILED", { reason: result.failure });
    } else {
      const { figures, samples } = result;
      // The data or the model may have been deleted meanwhile: the answers must not outlive them.
      const keepsSamples = evaluation.samples > 0 && typeof this.requestOf(evaluation) !== "string";
      evaluations.update(id, "SUCCESS", { figures, ...(keepsSamples && { sampleAnswers: samples }) });
    }
    await evaluations.committed();
  }

  /** @returns why the model cannot be evaluated any more, if so */
  private requestOf({ id, workspace, model, jobId, trainer, samples }: ModelEvaluation): EvaluationRequest | string {
    const { jobs, files, models, trainers } = this.options;
    const job = jobs.get(jobId) as Job;
    const tuned = models.find(model, workspace);
    const isBase = model === job.spec.model || isBaseModel(model, trainers.get(trainer)?.baseModels);
    if (tuned === undefined && !isBase) return `The model ${model} was deleted`;
    const missing = job.spec.validation_files.find((file) => files.find(file, workspace) === undefined);
    if (missing !== undefined) return `The validation file ${missing} was deleted`;
    const { seq_len: seqLen } = job.spec.hyperparameters;
    return {
      id,
      workspace,
      root: tuned?.root ?? model,
      ...(tuned !== undefined && { modelJobId: tuned.jobId }),
      jobType: job.spec.job_type,
      classifierTargets: tuned?.classifierTargets ?? job.spec.classifier_targets,
      ...(seqLen !== undefined && { seqLen }),
      validationFiles: job.spec.validation_files.map((file) => files.dataFile(file)),
      samples,
    };
  }
}

/**
 * Identifies an evaluation: the same model on the same data has the same result.
 *
 * @param hashes the SHA-256 of each validation file
 */
export function evaluationKey(model: string, { spec }: Pick<Job, "spec">, hashes: string[], samples: number): string {
  const { job_type, classifier_targets, hyperparameters } = spec;
  const parts = [model, job_type, classifier_targets, hyperparameters.seq_len ?? null, hashes, samples];
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex");
}
