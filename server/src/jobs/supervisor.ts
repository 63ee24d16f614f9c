import { isTerminal } from "#common";
import { ConflictError } from "../domain/errors";
import type { Job, JobState } from "../domain/job";
import { canBecome } from "../domain/status";
import { describeSystemError, isSystemError } from "../domain/systemError";
import type { Progress } from "../domain/trainer";
import { Batch } from "./batch";
import { JobStateMachine, type JobStateMachineOptions, type PollResult, type Released } from "./jobStateMachine";
import { nextPoll, TICK } from "./pollTimes";
import { Retries } from "./retries";
import { Schedule } from "./schedule";

/** The maximum number of jobs that one tick advances. A longer tick would delay the replies to requests. */
const MAX_PER_TICK = 25;

/** Milliseconds of system errors after which they count as persistent. */
const PERSISTENT_AFTER = 5000;

export interface SupervisorOptions extends JobStateMachineOptions {
  /** Receives the internal error that failed a job. The API does not show this error to users. */
  onError(jobId: string, error: unknown): void;
  /** Receives the first of consecutive system errors of a job, whose action is retried. */
  onRetry?(jobId: string, error: unknown): void;
  /** Milliseconds of system errors after which the job has an event, and the server is not ready: 5000 by default. */
  persistentAfter?: number;
}

/**
 * Moves jobs through their statuses. Stores each decision before executing it, so that after a crash the next process
 * continues from the stored status.
 *
 * Only a logic error fails a job. After a system error the action is retried: the training is not affected by the
 * server's problem, and a failed job would leave its program running.
 */
export class Supervisor {
  private readonly stateMachine: JobStateMachine;
  private readonly schedule = new Schedule();
  private readonly retries: Retries;
  /** The results of polls that are applied in one transaction. */
  private readonly results: Batch<PollResult>;
  /** The jobs that are being advanced. */
  private readonly busy = new Map<string, { work: Promise<void>; validation: AbortController }>();
  private readonly closing = new AbortController();
  /** Resolves when the runs of an earlier process are reattached. */
  private opening: Promise<void> | undefined;
  private timer: NodeJS.Timeout | undefined;
  private soon: NodeJS.Immediate | undefined;

  constructor(private readonly options: SupervisorOptions) {
    this.stateMachine = new JobStateMachine(options);
    this.retries = new Retries(options.persistentAfter ?? PERSISTENT_AFTER);
    this.results = new Batch((results) => this.stateMachine.applyAll(results));
    for (const trainer of options.trainers.values()) {
      trainer.onChange = (id) => {
        if (this.schedule.has(id)) this.advanceNow(id);
      };
    }
  }

  /** Reattaches all unfinished runs, and polls until `close`. */
  open(): void {
    const unfinished = this.options.jobs.active([...this.options.trainers.keys()]);
    for (const id of unfinished) this.schedule.set(id, 0);
    this.opening = Promise.all(unfinished.map((id) => this.guard(id, () => this.stateMachine.reattach(id)))).then(
      () => {
        if (!this.closing.signal.aborted) {
          this.timer = setInterval(() => this.tick(), TICK);
          this.tick();
        }
      },
    );
  }

  /** Whether all unfinished runs are reattached. */
  get isOpen(): boolean {
    return this.timer !== undefined;
  }

  /** Describes a persistent system error in general words, without paths; undefined while there is none. */
  get persistentFailure(): string | undefined {
    return this.retries.persistentFailure;
  }

  /** Stops polling. Trainings that run in other processes keep running. */
  async close(): Promise<void> {
    this.closing.abort();
    for (const { validation } of this.busy.values()) {
      validation.abort();
    }
    await this.opening;
    clearInterval(this.timer);
    clearImmediate(this.soon);
    await Promise.all([...this.busy.values()].map(({ work }) => work));
  }

  /** Advances a job immediately instead of at its next poll. */
  advanceNow(id: string): void {
    this.schedule.set(id, 0);
    this.tickSoon();
  }

  /** Returns the job with its current position in the queue, which is not stored each time it changes. */
  withCurrentPosition(job: Job): Job {
    if (job.status !== "STARTED" || job.progress?.waitingFor === undefined) return job;
    const waitingFor = this.options.trainers.get(job.trainer)?.waitingReason?.(job.id);
    return waitingFor === undefined ? job : { ...job, progress: { ...job.progress, waitingFor } };
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
      // The next action removes the working files after the validation has stopped.
      const validation = this.busy.get(id)?.validation;
      // A job whose cancellation cannot be stored is still in validation.
      void jobs.committed()?.then(
        () => validation?.abort(),
        () => {},
      );
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

  /**
   * Ends the program of a job that has ended, and removes its data. Retries later after an error.
   *
   * @returns whether nothing of the job remains
   */
  async release(id: string): Promise<boolean> {
    this.schedule.set(id, Number.POSITIVE_INFINITY);
    let released: Released | undefined;
    await this.guard(id, async () => {
      released = await this.stateMachine.release(id);
    });
    if (released === "not ended") this.advanceNow(id);
    else if (released !== undefined) this.schedule.remove(id);
    return released === "released";
  }

  /** @throws {ConflictError} when this server does not have the trainer of the job */
  private checkTrainer({ id, trainer }: Job): void {
    if (!this.options.trainers.has(trainer)) {
      throw new ConflictError(
        `Job ${id} needs the trainer ${trainer}, which is not active; restart the server with --trainer ${trainer}`,
      );
    }
  }

  private tickSoon(): void {
    if (this.isOpen && !this.closing.signal.aborted) this.soon ??= setImmediate(() => this.tick());
  }

  /** Advances the jobs whose time has come. Reads the status of all of them with one query. */
  private tick(): void {
    this.soon = undefined;
    if (this.closing.signal.aborted) return;
    const due = this.schedule.due(performance.now(), MAX_PER_TICK, (id) => !this.busy.has(id));
    if (due.length === 0) return;
    let states: Map<string, JobState>;
    try {
      states = this.options.jobs.states(due);
    } catch (error) {
      for (const id of due) {
        this.schedule.set(id, Number.POSITIVE_INFINITY);
        void this.handle(id, error);
      }
      return;
    }
    for (const id of due) this.begin(id, states.get(id));
    // More jobs may be due.
    if (due.length === MAX_PER_TICK) this.tickSoon();
  }

  private begin(id: string, state: JobState | undefined): void {
    if (state === undefined || state.status === "VALIDATED") {
      this.schedule.remove(id);
      // A later transaction may have failed after this status was stored.
      this.recovered(id);
      return;
    }
    const validation = new AbortController();
    const work = this.advance(id, state, validation.signal).finally(() => {
      this.busy.delete(id);
      if (this.schedule.isDue(id, performance.now())) this.tickSoon();
    });
    this.busy.set(id, { work, validation });
  }

  private async advance(id: string, state: JobState, signal: AbortSignal): Promise<void> {
    // Changed while the job is busy when another action can follow immediately.
    this.schedule.set(id, Number.POSITIVE_INFINITY);
    if (isTerminal(state.status)) {
      await this.release(id);
    } else if (state.status === "QUEUED" || state.status === "VALIDATING") {
      if (await this.guard(id, () => this.stateMachine.validate(id, state.status, signal))) this.advanceNow(id);
    } else {
      await this.guard(id, () => this.poll(id, state));
    }
  }

  private async poll(id: string, state: JobState): Promise<void> {
    const progress = await this.stateMachine.poll(id, state);
    const outcome = progress && (await this.results.add({ id, polled: state.status, progress }));
    if (outcome === undefined || outcome.hasEnded || outcome.hasChanged || this.schedule.isDue(id, performance.now())) {
      this.advanceNow(id);
    } else {
      const now = Date.now();
      const { at, parked } = nextPoll(progress as Progress, now, this.schedule.size);
      this.schedule.set(id, performance.now() + at - now, { parked });
    }
  }

  /** Executes an action of a job. Fails only the job that causes a logic error. @returns whether the action succeeded */
  private async guard(id: string, action: () => Promise<void>): Promise<boolean> {
    try {
      await action();
      this.recovered(id);
      return true;
    } catch (error) {
      if (!this.closing.signal.aborted) await this.handle(id, error);
      return false;
    }
  }

  /** Fails the job, or retries later. Never rejects. */
  private async handle(id: string, error: unknown): Promise<void> {
    if (isSystemError(error)) {
      this.retryLater(id, error);
      return;
    }
    this.options.onError(id, error);
    try {
      if (await this.stateMachine.fail(id)) this.advanceNow(id);
      else this.retryLater(id, error);
    } catch (storeError) {
      this.retryLater(id, storeError);
    }
  }

  private retryLater(id: string, error: unknown): void {
    const now = performance.now();
    const { delay, isFirst } = this.retries.failed(id, error, now);
    // A request may have asked for an action meanwhile.
    if (!this.schedule.isDue(id, now)) this.schedule.set(id, now + delay);
    if (isFirst) this.options.onRetry?.(id, error);
    if (!this.retries.needsReport(id)) return;
    const reason =
      `The server cannot work on this job: ${describeSystemError(error)}. ` +
      "It keeps trying. A training that runs is not affected";
    void this.report(id, "server-error", reason).then((isStored) => {
      if (isStored) this.retries.markReported(id);
    });
  }

  private recovered(id: string): void {
    if (this.retries.wasReported(id)) void this.report(id, "server-recovered", "The server works on this job again");
    this.retries.clear(id);
  }

  /** Adds an event to an unfinished job. @returns false when the database is what fails */
  private async report(id: string, name: string, reason: string): Promise<boolean> {
    try {
      this.stateMachine.report(id, name, reason);
      await this.options.jobs.committed();
      return true;
    } catch {
      return false;
    }
  }
}
