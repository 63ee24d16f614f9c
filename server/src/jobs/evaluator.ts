import { setMaxListeners } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { isBaseModel } from "../domain/baseModels";
import type { Job } from "../domain/job";
import { describeSystemError, isSystemError } from "../domain/systemError";
import type { EvaluationRequest, Trainer } from "../domain/trainer";
import type { FileStore } from "../store/files";
import type { JobStore } from "../store/jobs";
import type { ModelEvaluation, ModelEvaluationStore } from "../store/modelEvaluations";
import type { ModelStore } from "../store/models";
import { FairTurns } from "../trainers/fairTurns";
import { rowsOf } from "./evaluationInput";

export interface EvaluatorOptions {
  evaluations: ModelEvaluationStore;
  jobs: JobStore;
  files: FileStore;
  models: ModelStore;
  trainers: ReadonlyMap<string, Trainer>;
  /** Receives the internal error that failed an evaluation. The API does not show this error to users. */
  onError(id: string, error: unknown): void;
  /** Milliseconds between two attempts after a system error, such as a full disk. */
  retryDelay?: number;
}

const RETRY_DELAY = 5000;

/** An evaluation fails after this number of system errors, because the other evaluations wait for it. */
const MAX_ATTEMPTS = 12;

/**
 * Runs the evaluations on demand, one after the other: each needs as much memory as a training. Workspaces take turns. An
 * evaluation that a crash has interrupted is queued again by `open`.
 */
export class Evaluator {
  private readonly closing = new AbortController();
  private readonly turns = new FairTurns(1);
  private readonly waiting = new Set<string>();
  private readonly tasks = new Set<Promise<void>>();

  constructor(private readonly options: EvaluatorOptions) {
    // Each evaluation that waits for its turn listens.
    setMaxListeners(0, this.closing.signal);
  }

  /** Continues with the evaluations of an earlier process. */
  open(): void {
    for (const evaluation of this.options.evaluations.unfinished()) this.add(evaluation);
  }

  /** Stops the running evaluation. The next process runs it again. */
  async close(): Promise<void> {
    this.closing.abort();
    await Promise.all(this.tasks);
  }

  /** Runs an evaluation after those that wait. Call it when the evaluation is durable. */
  add({ id, workspace }: Pick<ModelEvaluation, "id" | "workspace">): void {
    if (this.waiting.has(id)) return;
    this.waiting.add(id);
    const task = this.turns
      .run(workspace, this.closing.signal, () => {
        // First: an evaluation that fails may be requested again before this turn ends.
        this.waiting.delete(id);
        return this.runUntilEnd(id);
      })
      // The server is closing.
      .catch(() => {})
      .finally(() => this.tasks.delete(task));
    this.tasks.add(task);
  }

  private async runUntilEnd(id: string): Promise<void> {
    const { onError, retryDelay = RETRY_DELAY } = this.options;
    const { signal } = this.closing;
    for (let attempt = 1; !signal.aborted; attempt += 1) {
      try {
        await this.run(id);
        return;
      } catch (error) {
        if (signal.aborted) return;
        onError(id, error);
        if ((!isSystemError(error) || attempt >= MAX_ATTEMPTS) && this.fail(id, error)) return;
        await sleep(retryDelay, undefined, { signal }).catch(() => {});
      }
    }
  }

  /** @returns false when the database is what fails */
  private fail(id: string, error: unknown): boolean {
    const problem = isSystemError(error) ? describeSystemError(error) : "Internal error";
    try {
      const reason = `${problem}; search the log of the server for ${id}`;
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
    const { classifier_targets: targets } = job.spec;
    const weightOf = (name: string) => targets.find((target) => target.name === name)?.weight ?? 1;
    return {
      id,
      workspace,
      root: tuned?.root ?? model,
      ...(tuned !== undefined && { modelJobId: tuned.jobId }),
      jobType: job.spec.job_type,
      // The order of a model's labels is that of its training. The weights are those of the job: they change the loss.
      classifierTargets: (tuned?.classifierTargets ?? targets).map((target) => ({
        ...target,
        weight: weightOf(target.name),
      })),
      rows: rowsOf(job, trainers),
      validationFiles: job.spec.validation_files.map((file) => files.dataFile(file)),
      samples,
    };
  }
}
