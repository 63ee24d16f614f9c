import { setMaxListeners } from "node:events";
import type { Job } from "../domain/job";
import { canBecome } from "../domain/status";
import { ConflictError } from "../http/errors";
import { JobSteps, type JobStepsOptions } from "./jobSteps";

/** How often trainers are asked how far they are, in milliseconds. */
const POLL_INTERVAL = 100;

export interface SupervisorOptions extends JobStepsOptions {
  /** Told of faults that end a job; users see only that there was one. */
  onFault(jobId: string, error: unknown): void;
}

/**
 * Moves jobs through their statuses. What is decided is stored first and done then: after a crash the stored status says
 * what has to go on, and the next process goes on with it.
 */
export class Supervisor {
  private readonly options: SupervisorOptions;
  private readonly steps: JobSteps;
  private readonly busy = new Map<string, Promise<void>>();
  private readonly closing = new AbortController();
  /** Resolves when the runs of an earlier process have been found again. */
  private opening: Promise<void> | undefined;
  private timer: NodeJS.Timeout | undefined;

  constructor(options: SupervisorOptions) {
    this.options = options;
    this.steps = new JobSteps(options);
    // Any number of jobs may be validated at once, each of which listens.
    setMaxListeners(0, this.closing.signal);
  }

  /** Takes up every unfinished job, and goes on until `close`. */
  open(): void {
    const before = this.active();
    this.opening = Promise.all(before.map((id) => this.failJobOnError(id, () => this.steps.reattach(id)))).then(() => {
      if (!this.closing.signal.aborted) {
        this.timer = setInterval(() => this.tick(), POLL_INTERVAL);
        this.tick();
      }
    });
  }

  /** Whether every unfinished job has been taken up. */
  get isOpen(): boolean {
    return this.timer !== undefined;
  }

  /** Stops supervising; trainings that run elsewhere go on. */
  async close(): Promise<void> {
    this.closing.abort();
    await this.opening;
    clearInterval(this.timer);
    await Promise.all(this.busy.values());
  }

  /** Has a look at a job now, instead of at the next interval. */
  advanceNow(id: string): void {
    if (this.opening === undefined || this.closing.signal.aborted || this.busy.has(id)) {
      return;
    }
    const work = this.opening.then(() => this.advance(id)).finally(() => this.busy.delete(id));
    this.busy.set(id, work);
  }

  /** @throws {ConflictError} unless the job rests at VALIDATED */
  start(id: string): Job {
    const job = this.options.jobs.get(id) as Job;
    if (job.status !== "VALIDATED") {
      throw new ConflictError(`Job ${id} is ${job.status}; only a job that is VALIDATED can be started`);
    }
    this.checkTrainer(job);
    const started = this.steps.start(id);
    this.advanceNow(id);
    return started;
  }

  /** @throws {ConflictError} when the job has ended */
  cancel(id: string): Job {
    const { jobs } = this.options;
    const job = jobs.get(id) as Job;
    if (job.status === "CANCELLATION_REQUESTED") {
      return job;
    }
    if (canBecome(job.status, "CANCELLED")) {
      const cancelled = jobs.transition(id, "CANCELLED");
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

  /** @throws {ConflictError} when nothing could come of a change now */
  private checkTrainer({ id, trainer }: Job): void {
    if (!this.options.trainers.has(trainer)) {
      throw new ConflictError(
        `Job ${id} was made for the trainer ${trainer}, which this server does not have; it rests until the server is started with --trainer ${trainer}`,
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

  private async advance(id: string): Promise<void> {
    await this.failJobOnError(id, async () => {
      while (!this.closing.signal.aborted && (await this.steps.next(id, this.closing.signal))) {
        // As far as it goes without waiting.
      }
    });
    await this.steps.release(id).catch((error) => this.options.onFault(id, error));
  }

  /** A fault ends the job that has it, and no other. */
  private async failJobOnError(id: string, action: () => Promise<void>): Promise<void> {
    try {
      await action();
    } catch (error) {
      if (!this.closing.signal.aborted) {
        this.options.onFault(id, error);
        this.tryToFail(id);
      }
    }
  }

  private tryToFail(id: string): void {
    try {
      this.steps.fail(id);
    } catch (error) {
      // Nothing can be stored now, the disk may be full: the job stays as it is, and is looked at again.
      this.options.onFault(id, error);
    }
  }
}
