import type { FileStore } from "../store/files";
import type { Job } from "../store/job";
import type { JobStore } from "../store/jobs";
import type { ModelStore } from "../store/models";
import type { Plan, Progress, Run, Trainer } from "../trainers/trainer";
import { candidate } from "./candidate";
import { fineTunedModelName } from "./model-name";
import { canBecome } from "./status";

export interface StepsOptions {
  jobs: JobStore;
  files: FileStore;
  models: ModelStore;
  trainer: Trainer;
}

/** What the status of a job asks the server to do. Each step is decided from what is stored, and stored before it is done. */
export class Steps {
  readonly #options: StepsOptions;
  /** Jobs that this process has decided to start: all others were started, or were to be, by an earlier one. */
  readonly #launchable = new Set<string>();
  /** Jobs whose run this process has launched or found again. */
  readonly #attached = new Set<string>();

  constructor(options: StepsOptions) {
    this.#options = options;
  }

  /** Does the next one. @returns whether there is more to do at once */
  async next(id: string, signal: AbortSignal): Promise<boolean> {
    const job = this.#get(id);
    switch (job.status) {
      case "QUEUED":
        this.#options.jobs.transition(id, "VALIDATING");
        return true;
      case "VALIDATING":
        return this.#validate(job, signal);
      case "STARTED":
      case "RUNNING":
      case "CANCELLATION_REQUESTED":
        return this.#follow(job);
      default:
        return false;
    }
  }

  /** Decides that a validated job starts; the next step does it. */
  start(id: string): Job {
    this.#launchable.add(id);
    return this.#options.jobs.transition(id, "STARTED", { startedAt: Date.now() });
  }

  /** Ends a job that the server cannot go on with. */
  fail(id: string): void {
    if (canBecome(this.#get(id).status, "FAILED")) {
      const reason = "The server could not go on with this job; its log says why";
      this.#options.jobs.transition(id, "FAILED", { stopReason: "failed" }, { reason });
    }
  }

  async #validate(job: Job, signal: AbortSignal): Promise<boolean> {
    const { jobs, files, trainer } = this.#options;
    const validation = await trainer.validate(candidate(job.id, job.spec, files), signal);
    if (this.#get(job.id).status !== "VALIDATING") {
      return false;
    }
    if (!validation.ok) {
      const { reason, findings } = validation;
      jobs.transition(job.id, "FAILED_VALIDATION", {}, { reason, findings });
      return false;
    }
    return jobs.atomically(() => {
      jobs.transition(job.id, "VALIDATED", { plan: validation.plan });
      if (job.spec.auto_start) {
        this.start(job.id);
      }
      return job.spec.auto_start;
    });
  }

  /** @returns whether the status has changed, so that the next one can be acted upon */
  async #follow(job: Job): Promise<boolean> {
    const { trainer } = this.#options;
    const run = this.#run(job);
    if (!this.#attached.has(job.id)) {
      await (this.#launchable.delete(job.id) ? trainer.start(run) : trainer.reattach(run));
      this.#attached.add(job.id);
    }
    if (job.status === "CANCELLATION_REQUESTED") {
      await trainer.cancel(run);
    }
    const progress = await trainer.poll(run);
    // While the trainer answered, the job may have been cancelled; what is true now is looked at in the next round.
    if (this.#get(job.id).status !== job.status) {
      return true;
    }
    this.#options.jobs.atomically(() => this.#apply(job, progress));
    return false;
  }

  #apply(job: Job, progress: Progress): void {
    const { jobs } = this.#options;
    this.#record(job, progress);
    if (job.status === "CANCELLATION_REQUESTED") {
      if (progress.state === "cancelled") {
        jobs.transition(job.id, "CANCELLED", { stopReason: "cancelled" });
      }
      return;
    }
    if (job.status === "STARTED" && progress.state !== "starting") {
      jobs.transition(job.id, "RUNNING");
    }
    if (progress.state === "succeeded") {
      this.#succeed(job);
    } else if (progress.state === "failed") {
      jobs.transition(job.id, "FAILED", { stopReason: "failed" }, { reason: progress.reason });
    }
  }

  #record(job: Job, progress: Progress): void {
    if (job.progress?.step === progress.step) {
      return;
    }
    const { step, trainLoss, remainingSeconds, checkpoints } = progress;
    this.#options.jobs.record(
      job.id,
      {
        step,
        ...(trainLoss !== undefined && { trainLoss }),
        ...(remainingSeconds !== undefined && { remainingSeconds }),
        updatedAt: Date.now(),
      },
      checkpoints,
    );
  }

  #succeed(job: Job): void {
    const fineTunedModel = fineTunedModelName(job);
    this.#options.models.add(fineTunedModel, job);
    this.#options.jobs.transition(job.id, "SUCCESS", { fineTunedModel, stopReason: "completed" });
  }

  #get(id: string): Job {
    return this.#options.jobs.get(id) as Job;
  }

  #run(job: Job): Run {
    return {
      ...candidate(job.id, job.spec, this.#options.files),
      plan: job.plan as Plan,
      startedAt: job.startedAt as number,
      ...(job.cancelRequestedAt !== undefined && { cancelRequestedAt: job.cancelRequestedAt }),
    };
  }
}
