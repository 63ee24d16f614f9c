/** A queued job. */
export interface QueuedJob {
  id: string;
  owner: string;
  /** Milliseconds since 1970. */
  startedAt: number;
}

/**
 * Sorts queued jobs: round-robin over the owners, starting with the owner that has waited longest since its last turn. Jobs of
 * the same owner keep the order of their start times.
 *
 * @param turns owners that have been served, most recent last
 */
export function fairOrder(jobs: readonly QueuedJob[], turns: readonly string[]): QueuedJob[] {
  const byAge = [...jobs].sort((one, other) => one.startedAt - other.startedAt || (one.id < other.id ? -1 : 1));
  const queues = new Map<string, QueuedJob[]>();
  for (const job of byAge) {
    queues.set(job.owner, [...(queues.get(job.owner) ?? []), job]);
  }
  const owners = [...queues.keys()].sort((one, other) => turns.lastIndexOf(one) - turns.lastIndexOf(other));
  const rounds = Math.max(0, ...[...queues.values()].map((queue) => queue.length));
  return Array.from({ length: rounds }, (_, round) =>
    owners.flatMap((owner) => queues.get(owner)?.[round] ?? []),
  ).flat();
}

/** Limits the number of trainings that run at the same time, and queues the other jobs in a fair order. */
export class Queue {
  private readonly limit: number;
  private readonly runningIds = new Set<string>();
  private readonly queuedJobs = new Map<string, QueuedJob>();
  /** Owners in the order of their last turn, most recent last. No duplicates. */
  private turns: string[] = [];
  /** The cached order of the queued jobs; cleared when a job is added or removed. */
  private order: QueuedJob[] | undefined;

  constructor(limit: number) {
    this.limit = limit;
  }

  get running(): number {
    return this.runningIds.size;
  }

  /** Whether fewer trainings run than the limit allows. */
  get hasCapacity(): boolean {
    return this.runningIds.size < this.limit;
  }

  get waiting(): number {
    return this.queuedJobs.size;
  }

  add(job: QueuedJob): void {
    this.queuedJobs.set(job.id, job);
    this.order = undefined;
  }

  /** Counts a training that an earlier server process has launched and that may still be running. */
  addRunning(id: string): void {
    this.runningIds.add(id);
  }

  isWaiting(id: string): boolean {
    return this.queuedJobs.has(id);
  }

  /**
   * Moves a job from the queue to the running jobs if it is first in the queue and the limit allows it. A job that needs
   * more GPUs than are free blocks the jobs behind it, so that it gets its turn.
   *
   * @param fits whether enough GPUs are free
   * @returns whether the job was moved; it then counts as running until `remove`
   */
  admit(id: string, fits: () => boolean = () => true): boolean {
    const job = this.queuedJobs.get(id);
    if (job === undefined || !this.hasCapacity || this.ordered()[0]?.id !== id || !fits()) {
      return false;
    }
    this.remove(id);
    this.runningIds.add(id);
    this.turns = [...this.turns.filter((owner) => owner !== job.owner), job.owner];
    return true;
  }

  /** Returns the position of a queued job; 1 is next. */
  position(id: string): number {
    return this.ordered().findIndex((job) => job.id === id) + 1;
  }

  remove(id: string): void {
    this.runningIds.delete(id);
    this.queuedJobs.delete(id);
    this.order = undefined;
  }

  private ordered(): QueuedJob[] {
    this.order ??= fairOrder([...this.queuedJobs.values()], this.turns);
    return this.order;
  }
}
