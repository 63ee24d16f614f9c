import { setTimeout as sleep } from "node:timers/promises";

/** The clock for all waits of the lifecycle. A benchmark substitutes a faster one. */
export interface Clock {
  /** Milliseconds since an arbitrary start. Monotonic; does not advance while the machine is suspended. */
  now(): number;
  /** Rejects when the signal aborts. */
  sleep(milliseconds: number, signal: AbortSignal): Promise<void>;
}

export const realClock: Clock = {
  now: () => performance.now(),
  sleep: (milliseconds, signal) => sleep(milliseconds, undefined, { signal }),
};
