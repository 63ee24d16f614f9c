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
  readonly #limit: number;
  readonly #running = new Set<string>();
  readonly #waiting = new Map<string, Waiting>();
  /** Each owner once, the latest last. */
  #turns: string[] = [];
  /** The places of the waiting jobs, until one comes or goes. */
  #order: Waiting[] | undefined;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get running(): number {
    return this.#running.size;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  wait(job: Waiting): void {
    this.#waiting.set(job.id, job);
    this.#order = undefined;
  }

  /** Counts a training that runs already: what a server before this one has launched. */
  admitRunning(id: string): void {
    this.#running.add(id);
  }

  isWaiting(id: string): boolean {
    return this.#waiting.has(id);
  }

  /** @returns whether it is a waiting job's turn; from then on it runs until it leaves */
  admit(id: string): boolean {
    const job = this.#waiting.get(id);
    if (job === undefined || this.#running.size >= this.#limit || this.#ordered()[0]?.id !== id) {
      return false;
    }
    this.leave(id);
    this.#running.add(id);
    this.#turns = [...this.#turns.filter((owner) => owner !== job.owner), job.owner];
    return true;
  }

  /** Where a waiting job stands; 1 is next. */
  place(id: string): number {
    return this.#ordered().findIndex((job) => job.id === id) + 1;
  }

  leave(id: string): void {
    this.#running.delete(id);
    this.#waiting.delete(id);
    this.#order = undefined;
  }

  #ordered(): Waiting[] {
    this.#order ??= fairOrder([...this.#waiting.values()], this.#turns);
    return this.#order;
  }
}
