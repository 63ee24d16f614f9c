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
    const queue = queues.get(job.owner);
    if (queue === undefined) queues.set(job.owner, [job]);
    else queue.push(job);
  }
  const owners = [...queues.keys()].sort((one, other) => turns.lastIndexOf(one) - turns.lastIndexOf(other));
  const rounds = [...queues.values()].reduce((longest, queue) => Math.max(longest, queue.length), 0);
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
  /** The cached positions of the queued jobs, in the order of the queue; cleared when a job is added or removed. */
  private positions: Map<string, number> | undefined;

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
    this.positions = undefined;
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
    if (job === undefined || !this.canAdmit(id) || !fits()) {
      return false;
    }
    this.remove(id);
    this.runningIds.add(id);
    this.turns = [...this.turns.filter((owner) => owner !== job.owner), job.owner];
    return true;
  }

  /** Whether the job is the next one, and the limit allows it. */
  canAdmit(id: string): boolean {
    return this.hasCapacity && this.next() === id;
  }

  /** Returns the ID of the first job in the queue. */
  next(): string | undefined {
    return this.ordered().keys().next().value;
  }

  /** Returns the position of a queued job; 1 is next. 0 when the job is not in the queue. */
  position(id: string): number {
    return this.ordered().get(id) ?? 0;
  }

  remove(id: string): void {
    this.runningIds.delete(id);
    this.queuedJobs.delete(id);
    this.positions = undefined;
  }

  private ordered(): ReadonlyMap<string, number> {
    this.positions ??= new Map(
      fairOrder([...this.queuedJobs.values()], this.turns).map(({ id }, index) => [id, index + 1]),
    );
    return this.positions;
  }
}
