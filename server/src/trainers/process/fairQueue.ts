/** A job that waits for its turn. */
export interface Waiting {
  id: string;
  owner: string;
  /** Milliseconds since 1970. */
  startedAt: number;
}

/**
 * The order in which waiting jobs get their turn: the owners one after the other, beginning with the one whose last turn
 * is the longest ago, and for each owner the oldest first.
 *
 * @param turns the owners that had a turn, the latest last
 */
export function fairOrder(waiting: readonly Waiting[], turns: readonly string[]): Waiting[] {
  const byAge = [...waiting].sort((one, other) => one.startedAt - other.startedAt || (one.id < other.id ? -1 : 1));
  const queues = new Map<string, Waiting[]>();
  for (const job of byAge) {
    queues.set(job.owner, [...(queues.get(job.owner) ?? []), job]);
  }
  const owners = [...queues.keys()].sort((one, other) => turns.lastIndexOf(one) - turns.lastIndexOf(other));
  const rounds = Math.max(0, ...[...queues.values()].map((queue) => queue.length));
  return Array.from({ length: rounds }, (_, round) =>
    owners.flatMap((owner) => queues.get(owner)?.[round] ?? []),
  ).flat();
}

/** Lets only so many trainings run at a time. */
export class Queue {
  private readonly limit: number;
  private readonly runningIds = new Set<string>();
  private readonly waitingJobs = new Map<string, Waiting>();
  /** Each owner once, the latest last. */
  private turns: string[] = [];
  /** The places of the waiting jobs, until one comes or goes. */
  private order: Waiting[] | undefined;

  constructor(limit: number) {
    this.limit = limit;
  }

  get running(): number {
    return this.runningIds.size;
  }

  get waiting(): number {
    return this.waitingJobs.size;
  }

  wait(job: Waiting): void {
    this.waitingJobs.set(job.id, job);
    this.order = undefined;
  }

  /** Counts a training that runs already: what a server before this one has launched. */
  admitRunning(id: string): void {
    this.runningIds.add(id);
  }

  isWaiting(id: string): boolean {
    return this.waitingJobs.has(id);
  }

  /** @returns whether it is a waiting job's turn; from then on it runs until it leaves */
  admit(id: string): boolean {
    const job = this.waitingJobs.get(id);
    if (job === undefined || this.runningIds.size >= this.limit || this.ordered()[0]?.id !== id) {
      return false;
    }
    this.leave(id);
    this.runningIds.add(id);
    this.turns = [...this.turns.filter((owner) => owner !== job.owner), job.owner];
    return true;
  }

  /** Where a waiting job stands; 1 is next. */
  place(id: string): number {
    return this.ordered().findIndex((job) => job.id === id) + 1;
  }

  leave(id: string): void {
    this.runningIds.delete(id);
    this.waitingJobs.delete(id);
    this.order = undefined;
  }

  private ordered(): Waiting[] {
    this.order ??= fairOrder([...this.waitingJobs.values()], this.turns);
    return this.order;
  }
}
