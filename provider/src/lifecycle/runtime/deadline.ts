import { durationText } from "../job/progressLine";
import type { Host } from "./host";

/** Timers hold 31 bits of milliseconds, about 24.8 days; a longer one would fire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** How long `create` and `update` may take unless `customTimeouts` say otherwise: 24 hours, as in the README. */
export const DEFAULT_WAIT_SECONDS = 86_400;

/** How long an operation may go on. */
export interface Deadline {
  /** Aborts when the time is up, or when Pulumi asks the host to stop. */
  signal: AbortSignal;
  /** Why it has to stop; undefined while it may go on. */
  reason(): string | undefined;
}

/**
 * Runs an operation that ends when its time is up, or when Pulumi asks the host to stop.
 *
 * The timer and the listener are held here: on Node 20 the sources of `AbortSignal.any` are collected as garbage, and an
 * `AbortSignal.timeout` among them then never fires (seen in a wait of half a minute).
 */
export async function withDeadline<T>(
  seconds: number,
  host: Host,
  operation: (deadline: Deadline) => Promise<T>,
): Promise<T> {
  const stop = new AbortController();
  const onStop = () => stop.abort();
  const timer = setTimeout(onStop, Math.min(seconds * 1000, LONGEST_TIMER_MS));
  host.signal.addEventListener("abort", onStop);
  if (host.signal.aborted) onStop();
  const reason = () => {
    if (host.signal.aborted) return "interrupted";
    return stop.signal.aborted ? `not done after ${durationText(seconds)} (customTimeouts)` : undefined;
  };
  try {
    return await operation({ signal: stop.signal, reason });
  } finally {
    clearTimeout(timer);
    host.signal.removeEventListener("abort", onStop);
  }
}
