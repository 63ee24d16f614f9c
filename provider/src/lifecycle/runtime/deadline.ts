import { durationText } from "../job/progressLine";
import type { Host } from "./host";

/** Node's timers hold 31 bits of milliseconds, about 24.8 days; a longer delay would fire immediately. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Default timeout of `create` and `update`: 24 hours. `customTimeouts` overrides it. */
export const DEFAULT_WAIT_SECONDS = 86_400;

/** The time limit of an operation. */
export interface Deadline {
  /** Aborts on timeout, or when Pulumi asks the host to stop. */
  signal: AbortSignal;
  /** Returns why the operation must stop, or undefined while it may continue. */
  reason(): string | undefined;
}

/**
 * Runs an operation with a signal that aborts on timeout, or when Pulumi asks the host to stop.
 *
 * This keeps references to the timer and the listener instead of using `AbortSignal.any`: on Node 20 its sources are garbage
 * collected, and an `AbortSignal.timeout` among them then never fires (observed in a wait of half a minute).
 */
export async function withDeadline<T>(
  seconds: number,
  host: Pick<Host, "signal">,
  operation: (deadline: Deadline) => Promise<T>,
): Promise<T> {
  const stop = new AbortController();
  const onStop = () => stop.abort();
  const timer = setTimeout(onStop, Math.min(seconds * 1000, LONGEST_TIMER_MS));
  host.signal.addEventListener("abort", onStop);
  if (host.signal.aborted) onStop();
  const reason = () => {
    if (host.signal.aborted) return "interrupted";
    return stop.signal.aborted
      ? `timed out after ${durationText(seconds)} (to wait longer, set the resource option customTimeouts)`
      : undefined;
  };
  try {
    return await operation({ signal: stop.signal, reason });
  } finally {
    clearTimeout(timer);
    host.signal.removeEventListener("abort", onStop);
  }
}
