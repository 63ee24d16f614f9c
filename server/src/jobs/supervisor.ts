import { ConflictError } from "../domain/errors";
import type { Job } from "../domain/job";
import { canBecome } from "../domain/status";
import { JobStateMachine, type JobStateMachineOptions } from "./jobStateMachine";

/** The interval between two polls of a trainer, in milliseconds. */
const POLL_INTERVAL = 100;

export interface SupervisorOptions extends JobStateMachineOptions {
  /** Receives the internal error that failed a job. The API does not show this error to users. */
  onError(jobId: string, error: unknown): void;
}

/**
 * Moves jobs through their statuses. Stores each decision before executing it, so that after a crash the next process
 * continues from the stored status.
 */
export class Supervisor {
  private readonly stateMachine: JobStateMachine;
  /** The jobs that are being advanced. */
  private readonly busy = new Map<string, { work: Promise<void>; validation: AbortController }>();
  private readonly closing = new AbortController();
  /** Resolves when the runs of an earlier process are reattached. */
  private opening: Promise<void> | undefined;
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly options: SupervisorOptions) {
    this.stateMachine = new JobStateMachine(options);
  }

  /** Reattaches all unfinished runs, and polls until `close`. */
  open(): void {
    const unfinished = this.active();
    this.opening = Promise.all(
      unfinished.map((id) => this.failJobOnError(id, () => this.stateMachine.reattach(id))),
    ).then(() => {
      if (!this.closing.signal.aborted) {
        this.timer = setInterval(() => this.tick(), POLL_INTERVAL);
        this.tick();
      }
    });
  }

  /** Whether all unfinished runs are reattached. */
  get isOpen(): boolean {
    return this.timer !== undefined;
  }

  /** Stops polling. Trainings that run in other processes keep running. */
  async close(): Promise<void> {
    this.closing.abort();
    for (const { validation } of this.busy.values()) {
      validation.abort();
    }
    await this.opening;
    clearInterval(this.timer);
    await Promise.all([...this.busy.values()].map(({ work }) => work));
  }

  /** Advances a job immediately instead of at the next poll. */
  advanceNow(id: string): void {
    if (this.opening === undefined || this.closing.signal.aborted || this.busy.has(id)) {
      return;
    }
    const validation = new AbortController();
    const work = this.opening.then(() => this.advance(id, validation.signal)).finally(() => this.busy.delete(id));
    this.busy.set(id, { work, validation });
  }

  /** Starts a job. @throws {ConflictError} when the status is not VALIDATED */
  start(id: string): Job {
    const job = this.options.jobs.get(id) as Job;
    if (job.status !== "VALIDATED") {
      throw new ConflictError(`Job ${id} is ${job.status}; only a job that is VALIDATED can be started`);
    }
    this.checkTrainer(job);
    const started = this.stateMachine.start(id);
    this.advanceNow(id);
    return started;
  }

  /**
   * Cancels a job. Does nothing when cancellation is already requested.
   *
   * @throws {ConflictError} when the job has ended
   */
  cancel(id: string): Job {
    const { jobs } = this.options;
    const job = jobs.get(id) as Job;
    if (job.status === "CANCELLATION_REQUESTED") {
      return job;
    }
    if (canBecome(job.status, "CANCELLED")) {
      const cancelled = jobs.transition(id, "CANCELLED");
      // `advance` removes the working files after the validation has stopped.
      this.busy.get(id)?.validation.abort();
      this.advanceNow(id);
      return cancelled;
    }
    if (!canBecome(job.status, "CANCELLATION_REQUESTED")) {
      throw new ConflictError(`Job ${id} is ${job.status}; a job that has ended cannot be cancelled`);
    }
    this.checkTrainer(job);
    const cancelled = jobs.transition(id, "CANCELLATION_REQUESTED", { cancelRequestedAt: Date.now() });
    this.advanceNow(id);
    return cancelled;
  }

  /** @throws {ConflictError} when this server does not have the trainer of the job */
  private checkTrainer({ id, trainer }: Job): void {
    if (!this.options.trainers.has(trainer)) {
      throw new ConflictError(
        `Job ${id} needs the trainer ${trainer}, which is not active; restart the server with --trainer ${trainer}`,
      );
    }
  }

  private tick(): void {
    for (const id of this.active()) {
      this.advanceNow(id);
    }
  }

  private active(): string[] {
    return this.options.jobs.active([...this.options.trainers.keys()]);
  }

  private async advance(id: string, signal: AbortSignal): Promise<void> {
    await this.failJobOnError(id, async () => {
      while (!this.closing.signal.aborted && (await this.stateMachine.next(id, signal))) {
        // Execute all actions that need no waiting.
      }
    });
    await this.stateMachine.release(id).catch((error) => this.options.onError(id, error));
  }

  /** Fails only the job that causes the error. Other jobs keep running. */
  private async failJobOnError(id: string, action: () => Promise<void>): Promise<void> {
    try {
      await action();
    } catch (error) {
      if (!this.closing.signal.aborted) {
        this.options.onError(id, error);
        this.tryToFail(id);
      }
    }
  }

  private tryToFail(id: string): void {
    try {
      this.stateMachine.fail(id);
    } catch (error) {
      // The status cannot be stored, for example because the disk is full. The next poll retries.
      this.options.onError(id, error);
    }
  }
}
