import { type DetailedJob, isTerminal, isTransient, type Job, type MistralClient } from "../../client";
import type { Clock } from "../runtime/clock";

/** What a look at a job has found. */
export interface Observation {
  /** From a list, without events and checkpoints, unless `detailed`. */
  job: Job | DetailedJob;
  detailed: boolean;
}

/** A job as far as it is known when it is waited for. */
export interface PolledJob {
  jobId: string;
  /** ISO 8601; bounds the list in which the job is looked for. */
  createdAt?: string | undefined;
}

interface PendingPoll extends PolledJob {
  /** On the clock, in milliseconds. */
  due: number;
  signal: AbortSignal;
  resolve(seen: Observation): void;
  reject(error: unknown): void;
}

const JOBS_PER_PAGE = 100;
/** A list that fails for so long, while jobs may well answer, is not what to wait for. */
const LIST_OUTAGE_MS = 300_000;

/**
 * All waits for jobs at one server. While there is one, it asks for that job. From two on, one list answers for all of them,
 * and one job after another is asked for by itself, for its progress: a hundred waits cost two requests at a time.
 */
export class JobPoller {
  /** Those that wait for the next look; who is being asked for by itself is not among them. */
  private readonly waiters = new Set<PendingPoll>();
  private running = false;
  /** Interrupts the pause between two looks. */
  private pauseAbort = new AbortController();
  /** Ends a list that nobody waits for any more. */
  private listAbort = new AbortController();
  private turn = 0;
  private failingSince: number | undefined;
  private listAgainAt = 0;

  constructor(
    private readonly client: MistralClient,
    private readonly clock: Clock,
  ) {}

  /**
   * Looks at a job after so many milliseconds, or earlier, when another job is looked at.
   *
   * @throws what the API answers for this job, or how it could not be asked; or the signal's reason
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
        // Woken: somebody came or went, so the next look may be due at another time.
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

  /** Asks for one job by itself. Nobody else waits for the answer, so that one that does not come holds up no other. */
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
   * The jobs that the newest pages of the list have. One that is not among them, because it is older than many others, has to
   * be asked for by itself; so has every job where listing is refused, or does not work while the rest does.
   *
   * @returns an error when the server could not be asked just now, which says nothing about any job
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

  /** One after another. */
  private nextInRotation(jobs: Job[]): Job | undefined {
    this.turn++;
    return jobs[this.turn % jobs.length];
  }
}

const pollers = new WeakMap<Clock, WeakMap<MistralClient, JobPoller>>();

/** The watch of a client's server; `connect` gives the same client for the same server and key. */
export function pollerFor(client: MistralClient, clock: Clock): JobPoller {
  const ofSameClock = pollers.get(clock) ?? new WeakMap<MistralClient, JobPoller>();
  pollers.set(clock, ofSameClock);
  const poller = ofSameClock.get(client) ?? new JobPoller(client, clock);
  ofSameClock.set(client, poller);
  return poller;
}

/** A second before the first of the jobs was created: times are whole seconds, and servers differ in whether the limit counts. */
function listStart(waiters: PendingPoll[]): Date | undefined {
  const times = waiters.map(({ createdAt }) => Date.parse(createdAt ?? ""));
  return times.some(Number.isNaN) ? undefined : new Date(Math.min(...times) - 1000);
}
