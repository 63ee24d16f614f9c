/**
 * Limits the number of tasks that run at the same time. The others wait: round-robin over the workspaces, so that the many
 * tasks of one workspace do not delay those of another. Tasks of one workspace run in the order of their calls.
 */
export class FairTurns {
  private running = 0;
  /** The waiting tasks of each workspace, in the order of the workspaces' turns. */
  private readonly waiting = new Map<string, (() => void)[]>();

  constructor(private readonly limit: number) {}

  /**
   * Waits for its turn, then runs the task.
   *
   * @throws the reason of `signal` when it aborts while the task waits
   */
  async run<Result>(workspace: string, signal: AbortSignal | undefined, task: () => Promise<Result>): Promise<Result> {
    signal?.throwIfAborted();
    if (this.running < this.limit) {
      this.running += 1;
    } else {
      await this.wait(workspace, signal);
    }
    try {
      return await task();
    } finally {
      this.startNext();
    }
  }

  private wait(workspace: string, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const queue = this.waiting.get(workspace) ?? [];
      this.waiting.set(workspace, queue);
      const start = () => {
        signal?.removeEventListener("abort", abort);
        resolve();
      };
      const abort = () => {
        queue.splice(queue.indexOf(start), 1);
        if (queue.length === 0) this.waiting.delete(workspace);
        reject(signal?.reason);
      };
      signal?.addEventListener("abort", abort, { once: true });
      queue.push(start);
    });
  }

  /** Passes the place of a task that has ended to the next one. */
  private startNext(): void {
    const [next] = this.waiting;
    if (next === undefined) {
      this.running -= 1;
      return;
    }
    const [workspace, queue] = next;
    const start = queue.shift();
    // The workspace has had its turn.
    this.waiting.delete(workspace);
    if (queue.length > 0) this.waiting.set(workspace, queue);
    start?.();
  }
}
