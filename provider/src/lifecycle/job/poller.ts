import { type DetailedJob, isTerminal, isTransient, type Job, type MistralClient } from "../../client";
import type { Clock } from "../runtime/clock";

/** The result of a poll. */
export interface Observation {
  /** Has events and checkpoints only if `detailed`: list entries have none. */
  job: Job | DetailedJob;
  detailed: boolean;
}

/** A job to poll. */
export interface PolledJob {
  jobId: string;
  /** ISO 8601; limits the list request to jobs created since then. */
  createdAt?: string | undefined;
}

interface PendingPoll extends PolledJob {
  /** Time on the clock, in milliseconds. */
  due: number;
  signal: AbortSignal;
  resolve(observation: Observation): void;
  reject(error: unknown): void;
}

const JOBS_PER_PAGE = 100;
/** Stop using the list endpoint after it has failed this long; single-job requests may still work. */
const LIST_OUTAGE_MS = 300_000;

/**
 * Polls all jobs on one server. A single job is fetched directly. For two or more jobs, one list request serves all of them, and
 * one job per poll, in rotation, is also fetched for its details. A hundred waits cost two requests per poll.
 */
export class JobPoller {
  /** Polls that wait for the next round. Excludes those whose job is being fetched. */
  private readonly waiters = new Set<PendingPoll>();
  private running = false;
  /** Interrupts the pause before the next round. */
  private pauseAbort = new AbortController();
  /** Aborts the list request when no poll waits for it. */
  private listAbort = new AbortController();
  private turn = 0;
  private failingSince: number | undefined;
  private listAgainAt = 0;

  constructor(
    private readonly client: MistralClient,
    private readonly clock: Clock,
  ) {}

  /**
   * Polls a job after `afterMs` milliseconds, or earlier together with another job.
   *
   * @throws the client's error for this job's request, or the signal's reason
   */
  poll(job: PolledJob, afterMs: number, signal: AbortSignal): Promise<Observation> {
    signal.throwIfAborted();
    return new Promise((resolve, reject) => {
      const onAbort = () => waiter.reject(signal.reason);
      const settling =
        <T>(settle: (value: T) => void) =>
        (value: T) => {
          signal.removeEventListener("abort", onAbort);
          this.waiters.delete(waiter);
          if (this.waiters.size === 0) this.listAbort.abort();
          this.pauseAbort.abort();
          settle(value);
        };
      const waiter: PendingPoll = {
        ...job,
        due: this.clock.now() + afterMs,
        signal,
        resolve: settling(resolve),
        reject: settling(reject),
      };
      signal.addEventListener("abort", onAbort);
      this.waiters.add(waiter);
      this.pauseAbort.abort();
      if (!this.running) void this.run();
    });
  }

  private async run(): Promise<void> {
    this.running = true;
    try {
      while (this.waiters.size > 0) {
        const due = Math.min(...[...this.waiters].map((waiter) => waiter.due));
        this.pauseAbort = new AbortController();
        const { signal } = this.pauseAbort;
        // An abort means that a poll was added or removed, so recompute when the next round is due.
        await this.clock.sleep(Math.max(due - this.clock.now(), 0), signal).catch(() => undefined);
        if (!signal.aborted) await this.pollAll([...this.waiters]);
      }
    } catch (error) {
      for (const waiter of this.waiters) {
        waiter.reject(error);
      }
    } finally {
      this.running = false;
    }
  }

  private async pollAll(waiters: PendingPoll[]): Promise<void> {
    const now = this.clock.now();
    const listed = waiters.length > 1 && now >= this.listAgainAt ? await this.list(waiters) : new Map<string, Job>();
    if (listed instanceof Error) {
      for (const waiter of waiters) {
        waiter.reject(listed);
      }
      return;
    }
    const detailed = this.nextInRotation([...listed.values()].filter(({ status }) => !isTerminal(status)));
    for (const waiter of waiters) {
      if (!this.waiters.has(waiter)) continue;
      const job = listed.get(waiter.jobId);
      if (job && job !== detailed) {
        waiter.resolve({ job, detailed: false });
      } else if (job || waiter.due <= now) {
        void this.fetchDetails(waiter, job);
      }
    }
  }

  /** Fetches one job. Runs in the background, so that a slow reply does not delay the other jobs. */
  private async fetchDetails(waiter: PendingPoll, listed: Job | undefined): Promise<void> {
    this.waiters.delete(waiter);
    try {
      const job = await this.client.jobs.get(waiter.jobId, { signal: waiter.signal });
      waiter.resolve({ job, detailed: true });
    } catch (error) {
      if (listed) {
        waiter.resolve({ job: listed, detailed: false });
      } else {
        waiter.reject(error);
      }
    }
  }

  /**
   * Returns the wanted jobs on the newest pages of the list. An old job can be missing from these pages; the caller must
   * then fetch the job. If the server rejects list requests but answers other requests, the caller must fetch every job.
   *
   * @returns an error when the server is temporarily unavailable, which says nothing about any job
   */
  private async list(waiters: PendingPoll[]): Promise<Map<string, Job> | Error> {
    const wanted = new Set(waiters.map(({ jobId }) => jobId));
    const found = new Map<string, Job>();
    const filters = { created_after: listStart(waiters), page_size: JOBS_PER_PAGE };
    let left = Math.ceil(wanted.size / JOBS_PER_PAGE) * 2 * JOBS_PER_PAGE;
    this.listAbort = new AbortController();
    const { signal } = this.listAbort;
    try {
      for await (const job of this.client.jobs.listAll(filters, { signal })) {
        if (wanted.has(job.id)) found.set(job.id, job);
        if (found.size === wanted.size || --left === 0) break;
      }
      this.failingSince = undefined;
    } catch (error) {
      const now = this.clock.now();
      this.failingSince ??= now;
      if (signal.aborted || (isTransient(error) && now - this.failingSince < LIST_OUTAGE_MS)) return error as Error;
      this.listAgainAt = now + LIST_OUTAGE_MS;
    }
    return found;
  }

  private nextInRotation(jobs: Job[]): Job | undefined {
    this.turn++;
    return jobs[this.turn % jobs.length];
  }
}

const pollers = new WeakMap<Clock, WeakMap<MistralClient, JobPoller>>();

/** Returns the poller of a client's server. `connect` returns the same client for the same server and key. */
export function pollerFor(client: MistralClient, clock: Clock): JobPoller {
  const ofSameClock = pollers.get(clock) ?? new WeakMap<MistralClient, JobPoller>();
  pollers.set(clock, ofSameClock);
  const poller = ofSameClock.get(client) ?? new JobPoller(client, clock);
  ofSameClock.set(client, poller);
  return poller;
}

/** Returns one second before the oldest job: times are whole seconds, and some servers treat `created_after` as exclusive. */
function listStart(waiters: PendingPoll[]): Date | undefined {
  const times = waiters.map(({ createdAt }) => Date.parse(createdAt ?? ""));
  return times.some(Number.isNaN) ? undefined : new Date(Math.min(...times) - 1000);
}
