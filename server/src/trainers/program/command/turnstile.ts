import { abortable } from "./abortable";

/** Lets one task run at a time. The others wait in the order of their calls. */
export class Turnstile {
  private last: Promise<unknown> = Promise.resolve();

  /** Waits for its turn, then runs the task. @throws the reason of `signal` when it aborts while the task waits */
  async run<Answer>(signal: AbortSignal, task: () => Promise<Answer>): Promise<Answer> {
    const previous = this.last;
    let end = () => {};
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    // A task that stops waiting must not let the next one pass before the previous one has ended.
    this.last = previous.then(() => ended);
    try {
      await abortable(previous, signal);
      return await task();
    } finally {
      end();
    }
  }
}
