/** When each job is polled next. Times are of `performance.now()`, because a clock that is set back would delay all polls. */
export class Schedule {
  private readonly times = new Map<string, number>();
  /** Jobs that wait without a known time. They are polled rarely, in case a notification was lost. */
  private readonly parked = new Set<string>();

  /** The number of jobs that are polled regularly. */
  get size(): number {
    return this.times.size - this.parked.size;
  }

  /** @param at a time of `performance.now()`, in milliseconds */
  set(id: string, at: number, { parked = false } = {}): void {
    this.times.set(id, at);
    if (parked) this.parked.add(id);
    else this.parked.delete(id);
  }

  has(id: string): boolean {
    return this.times.has(id);
  }

  isDue(id: string, now: number): boolean {
    return (this.times.get(id) ?? Number.POSITIVE_INFINITY) <= now;
  }

  remove(id: string): void {
    this.times.delete(id);
    this.parked.delete(id);
  }

  /** Returns the jobs whose time has come, longest overdue first. @param isFree omits other jobs */
  due(now: number, limit: number, isFree: (id: string) => boolean): string[] {
    return [...this.times]
      .filter(([id, at]) => at <= now && isFree(id))
      .sort(([, one], [, other]) => one - other)
      .slice(0, limit)
      .map(([id]) => id);
  }
}
