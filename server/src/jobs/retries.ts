import { describeSystemError, TemporaryError } from "../domain/systemError";

/** The delay before the first retry. Each further delay is twice as long. In milliseconds. */
const FIRST_DELAY = 100;

/** In milliseconds. */
const MAX_DELAY = 10_000;

interface Failing {
  failures: number;
  /** A time of `performance.now()`, in milliseconds. */
  since: number;
  error: unknown;
  isPersistent: boolean;
  /** An event of the job reports the failures. */
  reported: boolean;
}

/** The jobs whose last action failed with an error that may pass. */
export class Retries {
  private readonly jobs = new Map<string, Failing>();

  /** @param persistentAfter milliseconds of failures after which a job's failures count as persistent */
  constructor(private readonly persistentAfter: number) {}

  /**
   * Records a failure.
   *
   * @param now a time of `performance.now()`, in milliseconds
   * @returns the delay before the next attempt, in milliseconds
   */
  failed(id: string, error: unknown, now: number): { delay: number; isFirst: boolean } {
    const { failures, since, reported } = this.jobs.get(id) ?? { failures: 0, since: now, reported: false };
    const isPersistent = failures > 0 && now - since >= this.persistentAfter;
    this.jobs.set(id, { failures: failures + 1, since, error, isPersistent, reported });
    return { delay: Math.min(MAX_DELAY, FIRST_DELAY * 2 ** failures), isFirst: failures === 0 };
  }

  /** Whether the failures of the job are persistent, and `markReported` was not called. */
  needsReport(id: string): boolean {
    const job = this.jobs.get(id);
    return job !== undefined && !job.reported && job.isPersistent;
  }

  markReported(id: string): void {
    const job = this.jobs.get(id);
    if (job !== undefined) job.reported = true;
  }

  wasReported(id: string): boolean {
    return this.jobs.get(id)?.reported ?? false;
  }

  clear(id: string): void {
    this.jobs.delete(id);
  }

  /**
   * Describes a persistent failure of this machine in general words; undefined while there is none. An unreachable
   * cluster is not a failure of this machine.
   */
  get persistentFailure(): string | undefined {
    for (const { isPersistent, error } of this.jobs.values()) {
      if (isPersistent && !(error instanceof TemporaryError)) return describeSystemError(error);
    }
    return undefined;
  }
}
