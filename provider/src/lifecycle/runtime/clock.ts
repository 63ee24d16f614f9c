import { setTimeout as sleep } from "node:timers/promises";

/** Time as the lifecycle waits by it; a benchmark has one that runs faster. */
export interface Clock {
  /** Milliseconds since some moment; never goes back, and stands still while the machine sleeps. */
  now(): number;
  /** Rejects when the signal aborts. */
  sleep(milliseconds: number, signal: AbortSignal): Promise<void>;
}

export const realClock: Clock = {
  now: () => performance.now(),
  sleep: (milliseconds, signal) => sleep(milliseconds, undefined, { signal }),
};
