/** Streams learn of changes at most this often, in milliseconds. A training may report hundreds of steps per second. */
const INTERVAL = 250;

/** Streams that begin at different points share nothing. */
const MAX_CACHED = 20;

/** The streams of one job. */
interface Watched {
  watches: Set<Watch>;
  /** Set while a change waits for its delivery. */
  timer: NodeJS.Timeout | undefined;
  /** What a stream has read since the last change. */
  cache: Map<string, unknown>;
}

/** Tells the event streams of a job that the job has changed. */
export class MetricFeed {
  private readonly jobs = new Map<string, Watched>();
  private closed = false;

  /** Call it when a change of the job is durable. Cheap when nobody watches the job. */
  changed(jobId: string): void {
    const watched = this.jobs.get(jobId);
    if (watched === undefined) return;
    watched.timer ??= setTimeout(() => {
      watched.timer = undefined;
      watched.cache.clear();
      for (const watch of watched.watches) watch.notify();
    }, INTERVAL);
  }

  watch(jobId: string): Watch {
    const watched = this.jobs.get(jobId) ?? { watches: new Set(), timer: undefined, cache: new Map() };
    this.jobs.set(jobId, watched);
    const watch: Watch = new Watch(watched.cache, () => {
      watched.watches.delete(watch);
      if (watched.watches.size > 0) return;
      clearTimeout(watched.timer);
      if (this.jobs.get(jobId) === watched) this.jobs.delete(jobId);
    });
    watched.watches.add(watch);
    if (this.closed) watch.close();
    return watch;
  }

  /** Ends all streams. Their clients connect again. */
  close(): void {
    this.closed = true;
    for (const { watches } of [...this.jobs.values()]) for (const watch of [...watches]) watch.close();
  }
}

/** The view of one stream on its job. */
export class Watch {
  private hasChanged = false;
  private wake: (() => void) | undefined;
  private closed = false;

  constructor(
    private readonly cache: Map<string, unknown>,
    private readonly onClose: () => void,
  ) {}

  get isClosed(): boolean {
    return this.closed;
  }

  /** Resolves when the job has changed since the last call, after `ms` milliseconds, or when the watch is closed. */
  async next(ms: number): Promise<void> {
    if (!this.hasChanged && !this.closed) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ms);
        this.wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      this.wake = undefined;
    }
    this.hasChanged = false;
  }

  /** Returns the value of `read`. The streams of a job that have read the same share it until the job changes. */
  shared<Value>(key: string, read: () => Value): Value {
    if (this.cache.size > MAX_CACHED) this.cache.clear();
    if (!this.cache.has(key)) this.cache.set(key, read());
    return this.cache.get(key) as Value;
  }

  /** Forgets what was read, because it could not be stored. */
  forget(): void {
    this.cache.clear();
  }

  notify(): void {
    this.hasChanged = true;
    this.wake?.();
  }

  /** Idempotent. */
  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.wake?.();
    this.onClose();
  }
}
