import { ConflictError } from "../errors";
import type { FileStore } from "../store/files";
import type { Job, JobStore } from "../store/jobs";
import type { ModelStore } from "../store/models";
import type { Candidate, Plan, Progress, Run, Trainer } from "../trainers/trainer";
import { fineTunedModelName } from "./model-name";
import { canBecome, type JobStatus } from "./status";

/** How often trainers are asked how far they are, in milliseconds. */
const POLL_INTERVAL = 100;

export interface SupervisorOptions {
  jobs: JobStore;
  files: FileStore;
  models: ModelStore;
  trainer: Trainer;
  /** Told of faults that end a job; users see only that there was one. */
  onFault(jobId: string, error: unknown): void;
}

/**
 * Moves jobs through their statuses. What is decided is stored first and done then: after a crash the stored status says
 * what has to go on, and the next process goes on with it.
 */
export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #busy = new Map<string, Promise<void>>();
  /** Jobs that this process has decided to start: all others were started, or were to be, by an earlier one. */
  readonly #launchable = new Set<string>();
  /** Jobs whose run this process has launched or found again. */
  readonly #attached = new Set<string>();
  readonly #closing = new AbortController();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: SupervisorOptions) {
    this.#options = options;
  }

  /** Takes up every unfinished job, and goes on until `close`. */
  open(): void {
    this.#timer = setInterval(() => this.#tick(), POLL_INTERVAL);
    this.#tick();
  }

  /** Stops supervising; trainings that run elsewhere go on. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#closing.abort();
    await Promise.all(this.#busy.values());
  }

  /** Has a look at a job now, instead of at the next interval. */
  attend(id: string): void {
    if (this.#closing.signal.aborted || this.#busy.has(id)) {
      return;
    }
    const work = this.#advance(id).finally(() => this.#busy.delete(id));
    this.#busy.set(id, work);
  }

  /** @throws {ConflictError} unless the job rests at VALIDATED */
  start(id: string): Job {
    const job = this.#options.jobs.get(id) as Job;
    if (job.status !== "VALIDATED") {
      throw new ConflictError(`Job ${id} is ${job.status}; only a job that is VALIDATED can be started`);
    }
    const started = this.#decideStart(id);
    this.attend(id);
    return started;
  }

  /** @throws {ConflictError} when the job has ended */
  cancel(id: string): Job {
    const { jobs } = this.#options;
    const job = jobs.get(id) as Job;
    if (job.status === "CANCELLATION_REQUESTED") {
      return job;
    }
    if (canBecome(job.status, "CANCELLED")) {
      return jobs.transition(id, "CANCELLED");
    }
    if (!canBecome(job.status, "CANCELLATION_REQUESTED")) {
      throw new ConflictError(`Job ${id} is ${job.status}; a job that has ended cannot be cancelled`);
    }
    const cancelled = jobs.transition(id, "CANCELLATION_REQUESTED", { cancelRequestedAt: Date.now() });
    this.attend(id);
    return cancelled;
  }

  #tick(): void {
    for (const id of this.#options.jobs.active()) {
      this.attend(id);
    }
  }

  async #advance(id: string): Promise<void> {
    try {
      while (!this.#closing.signal.aborted && (await this.#step(id))) {
        // As far as it goes without waiting.
      }
    } catch (error) {
      if (!this.#closing.signal.aborted) {
        this.#options.onFault(id, error);
        this.#fail(id);
      }
    }
  }

  /** Does what a job's status asks for. @returns whether there is more to do at once */
  async #step(id: string): Promise<boolean> {
    const job = this.#options.jobs.get(id) as Job;
    switch (job.status) {
      case "QUEUED":
        this.#options.jobs.transition(id, "VALIDATING");
        return true;
      case "VALIDATING":
        return this.#validate(job);
      case "STARTED":
      case "RUNNING":
      case "CANCELLATION_REQUESTED":
        return this.#follow(job);
      default:
        return false;
    }
  }

  async #validate(job: Job): Promise<boolean> {
    const { jobs, trainer } = this.#options;
    const validation = await trainer.validate(this.#candidate(job), this.#closing.signal);
    if (this.#status(job.id) !== "VALIDATING") {
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
        this.#decideStart(job.id);
      }
      return job.spec.auto_start;
    });
  }

  #decideStart(id: string): Job {
    this.#launchable.add(id);
    return this.#options.jobs.transition(id, "STARTED", { startedAt: Date.now() });
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
    return this.#status(job.id) !== job.status || this.#apply(job, progress);
  }

  #apply(job: Job, progress: Progress): boolean {
    const { jobs } = this.#options;
    return jobs.atomically(() => {
      this.#record(job, progress);
      if (job.status === "CANCELLATION_REQUESTED") {
        if (progress.state === "cancelled") {
          jobs.transition(job.id, "CANCELLED", { stopReason: "cancelled" });
        }
        return false;
      }
      if (job.status === "STARTED" && progress.state !== "starting") {
        jobs.transition(job.id, "RUNNING");
      }
      if (progress.state === "succeeded") {
        this.#succeed(job);
      } else if (progress.state === "failed") {
        jobs.transition(job.id, "FAILED", { stopReason: "failed" }, { reason: progress.reason });
      }
      return false;
    });
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

  #fail(id: string): void {
    const status = this.#status(id);
    if (canBecome(status, "FAILED")) {
      const reason = "The server could not go on with this job; its log says why";
      this.#options.jobs.transition(id, "FAILED", { stopReason: "failed" }, { reason });
    }
  }

  #status(id: string): JobStatus {
    return (this.#options.jobs.get(id) as Job).status;
  }

  #candidate(job: Job): Candidate {
    const { files } = this.#options;
    return {
      id: job.id,
      spec: job.spec,
      trainingFiles: job.spec.training_files.map((file) => files.dataFile(file.file_id)),
      validationFiles: job.spec.validation_files.map((id) => files.dataFile(id)),
    };
  }

  #run(job: Job): Run {
    return {
      ...this.#candidate(job),
      plan: job.plan as Plan,
      startedAt: job.startedAt as number,
      ...(job.cancelRequestedAt !== undefined && { cancelRequestedAt: job.cancelRequestedAt }),
    };
  }
}
