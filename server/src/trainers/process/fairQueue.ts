/** A queued job. */
export interface QueuedJob {
  id: string;
  workspace: string;
  owner: string;
  /** Milliseconds since 1970. */
  startedAt: number;
}

type Turn = Pick<QueuedJob, "workspace" | "owner">;

/**
 * Sorts queued jobs: round-robin over the workspaces, and over the owners of each workspace. Starts with the one that has
 * waited longest since its last turn. Jobs of the same owner keep the order of their start times.
 *
 * @param turns owners that have been served, most recent last
 */
export function fairOrder(jobs: readonly QueuedJob[], turns: readonly Turn[]): QueuedJob[] {
  const byAge = [...jobs].sort((one, other) => one.startedAt - other.startedAt || (one.id < other.id ? -1 : 1));
  const workspaces = groupBy(byAge, ({ workspace }) => workspace);
  return takeTurns(
    new Map(
      [...workspaces].map(([workspace, queue]) => {
        const served = turns.filter((turn) => turn.workspace === workspace).map(({ owner }) => owner);
        return [
          workspace,
          takeTurns(
            groupBy(queue, ({ owner }) => owner),
            served,
          ),
        ];
      }),
    ),
    turns.map(({ workspace }) => workspace),
  );
}

/** Merges queues round-robin, beginning with the name that has waited longest since its last turn. */
function takeTurns(queues: ReadonlyMap<string, QueuedJob[]>, turns: readonly string[]): QueuedJob[] {
  const lastTurns = new Map(turns.map((name, index) => [name, index]));
  const lastTurn = (name: string) => lastTurns.get(name) ?? -1;
  const inTurn = [...queues].sort(([one], [other]) => lastTurn(one) - lastTurn(other)).map(([, queue]) => queue);
  const order: QueuedJob[] = [];
  for (let round = 0; inTurn.some((queue) => queue.length > round); round += 1) {
    order.push(...inTurn.flatMap((queue) => queue[round] ?? []));
  }
  return order;
}

function groupBy(jobs: readonly QueuedJob[], nameOf: (job: QueuedJob) => string): Map<string, QueuedJob[]> {
  const groups = new Map<string, QueuedJob[]>();
  for (const job of jobs) {
    const group = groups.get(nameOf(job)) ?? [];
    group.push(job);
    groups.set(nameOf(job), group);
  }
  return groups;
}

/** Limits the number of trainings that run at the same time, and queues the other jobs in a fair order. */
export class Queue {
  private readonly limit: number;
  private readonly runningIds = new Set<string>();
  private readonly queuedJobs = new Map<string, QueuedJob>();
  /** The turns that owners have had, most recent last. No duplicates. */
  private turns: Turn[] = [];
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
    const { workspace, owner } = job;
    const others = this.turns.filter((turn) => turn.workspace !== workspace || turn.owner !== owner);
    this.turns = [...others, { workspace, owner }];
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
