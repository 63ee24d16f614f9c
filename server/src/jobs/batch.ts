import { isSystemError } from "../domain/systemError";

/** Results wait this long for others, in milliseconds. */
const DELAY = 10;

/** The maximum size of a batch. A longer transaction would delay the replies to requests. */
const MAX_SIZE = 50;

interface Waiting<Item> {
  item: Item;
  resolve(outcome: Outcome): void;
  reject(error: unknown): void;
}

export interface Outcome {
  /** The job has a terminal status. */
  hasEnded: boolean;
  /** The status of the job had changed since the poll, so its result was ignored. */
  hasChanged: boolean;
}

/** Collects the results of polls and applies them together: each transaction waits for the disk once. */
export class Batch<Item> {
  private waiting: Waiting<Item>[] = [];
  private timer: NodeJS.Timeout | undefined;

  /** @param apply applies all items or none, and returns their outcomes in order */
  constructor(private readonly apply: (items: Item[]) => Promise<Outcome[]>) {}

  /** Resolves when the item is applied. */
  add(item: Item): Promise<Outcome> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ item, resolve, reject });
      this.timer ??= setTimeout(() => this.flush(), DELAY);
    });
  }

  private flush(): void {
    const batch = this.waiting.splice(0, MAX_SIZE);
    this.timer = this.waiting.length > 0 ? setTimeout(() => this.flush(), DELAY) : undefined;
    void this.settle(batch);
  }

  private async settle(batch: Waiting<Item>[]): Promise<void> {
    try {
      const outcomes = await this.apply(batch.map(({ item }) => item));
      batch.forEach(({ resolve }, index) => {
        resolve(outcomes[index] as Outcome);
      });
    } catch (error) {
      // One item may be the reason for a logic error. The others must not fail with it.
      if (batch.length > 1 && !isSystemError(error)) for (const each of batch) await this.settle([each]);
      else for (const { reject } of batch) reject(error);
    }
  }
}
