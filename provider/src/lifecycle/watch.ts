import type { DetailedJob, Job, MistralClient } from "../client";
import type { Clock } from "./clock";
import { isPassing } from "./errors";
import { isTraining } from "./status";

/** What a look at a job has found. */
export interface Seen {
  /** From a list, without events and checkpoints, unless `detailed`. */
  job: Job | DetailedJob;
  detailed: boolean;
}

/** A job as far as it is known when it is waited for. */
export interface Watched {
  jobId: string;
  /** ISO 8601; bounds the list in which the job is looked for. */
  createdAt?: string | undefined;
}

interface Waiter extends Watched {
  /** On the clock, in milliseconds. */
  due: number;
  settle(result: Seen | { error: unknown }): void;
}

const JOBS_PER_PAGE = 100;

/**
 * All waits for jobs at one server. While there is one, it asks for that job. From two on, one list answers for all of them,
 * and one job after another is asked for by itself, for its progress: a hundred waits cost two requests at a time.
 */
export class JobWatch {
  private readonly waiters = new Set<Waiter>();
  private running = false;
  /** Interrupts the pause between two looks. */
  private wake = new AbortController();
  /** Ends the requests of a look that nobody waits for any more. */
  private abandon = new AbortController();
  private turn = 0;

  constructor(
    private readonly client: MistralClient,
    private readonly clock: Clock,
  ) {}

  /**
   * Looks at a job after so many milliseconds, or earlier, when another job is looked at.
   *
   * @throws what the API answers for this job, or how it could not be asked; or the signal's reason
   */
  look(job: Watched, afterMs: number, signal: AbortSignal): Promise<Seen> {
    signal.throwIfAborted();
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.waiters.delete(waiter);
        signal.removeEventListener("abort", onAbort);
        if (this.waiters.size === 0) this.abandon.abort();
      };
      const onAbort = () => {
        leave();
        this.wake.abort();
        reject(signal.reason);
      };
      const waiter: Waiter = {
        ...job,
        due: this.clock.now() + afterMs,
        settle: (result) => {
          leave();
          if ("error" in result) reject(result.error);
          else resolve(result);
        },
      };
      signal.addEventListener("abort", onAbort);
      this.waiters.add(waiter);
      this.wake.abort();
      if (!this.running) void this.run();
    });
  }

  private async run(): Promise<void> {
    this.running = true;
    while (this.waiters.size > 0) {
      const due = Math.min(...[...this.waiters].map((waiter) => waiter.due));
      this.wake = new AbortController();
      // Woken: somebody came or went, so the next look may be due at another time.
      const slept = await this.clock.sleep(Math.max(due - this.clock.now(), 0), this.wake.signal).then(
        () => true,
        () => false,
      );
      if (slept && this.waiters.size > 0) await this.lookAtAll([...this.waiters]);
    }
    this.running = false;
  }

  private async lookAtAll(waiters: Waiter[]): Promise<void> {
    this.abandon = new AbortController();
    const { signal } = this.abandon;
    const ids = [...new Set(waiters.map(({ jobId }) => jobId))];
    const settle = (id: string, result: Seen | { error: unknown }) => {
      for (const waiter of waiters) if (waiter.jobId === id) waiter.settle(result);
    };
    let listed: Map<string, Job>;
    try {
      listed = ids.length > 1 ? await this.list(ids, waiters, signal) : new Map();
    } catch (error) {
      for (const id of ids) settle(id, { error });
      return;
    }
    const inTurn = this.next([...listed.values()].filter(({ status }) => isTraining(status)))?.id;
    for (const [id, job] of listed) if (id !== inTurn) settle(id, { job, detailed: false });
    for (const id of ids.filter((it) => it === inTurn || !listed.has(it))) {
      try {
        settle(id, { job: await this.client.jobs.get(id, { signal }), detailed: true });
      } catch (error) {
        const job = listed.get(id);
        settle(id, job ? { job, detailed: false } : { error });
      }
    }
  }

  /**
   * The jobs that the newest pages of the list have. One that is not among them, because it is older than many others, has to
   * be asked for by itself; so has every job where listing is refused.
   */
  private async list(ids: string[], waiters: Waiter[], signal: AbortSignal): Promise<Map<string, Job>> {
    const found = new Map<string, Job>();
    let left = Math.ceil(ids.length / JOBS_PER_PAGE) * 2 * JOBS_PER_PAGE;
    const filters = { created_after: oldest(waiters), page_size: JOBS_PER_PAGE };
    try {
      for await (const job of this.client.jobs.listAll(filters, { signal })) {
        if (ids.includes(job.id)) found.set(job.id, job);
        if (found.size === ids.length || --left === 0) break;
      }
    } catch (error) {
      if (signal.aborted || isPassing(error)) throw error;
    }
    return found;
  }

  /** One after another. */
  private next(jobs: Job[]): Job | undefined {
    this.turn++;
    return jobs[this.turn % jobs.length];
  }
}

const watches = new WeakMap<Clock, WeakMap<MistralClient, JobWatch>>();

/** The watch of a client's server; `connect` gives the same client for the same server and key. */
export function watchOf(client: MistralClient, clock: Clock): JobWatch {
  const ofClock = watches.get(clock) ?? new WeakMap<MistralClient, JobWatch>();
  watches.set(clock, ofClock);
  const watch = ofClock.get(client) ?? new JobWatch(client, clock);
  ofClock.set(client, watch);
  return watch;
}

/** A second before the first of the jobs was created: times are whole seconds, and servers differ in whether the limit counts. */
function oldest(waiters: Waiter[]): Date | undefined {
  const times = waiters.map(({ createdAt }) => Date.parse(createdAt ?? ""));
  return times.some(Number.isNaN) ? undefined : new Date(Math.min(...times) - 1000);
}
