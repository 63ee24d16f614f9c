import type { Host } from "./host";

/** Timers hold 31 bits of milliseconds, about 24.8 days; a longer one would fire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Aborts when the time is up, or when Pulumi asks the host to stop. */
export function stopAfter(seconds: number, host: Host): AbortSignal {
  return AbortSignal.any([host.signal, AbortSignal.timeout(Math.min(seconds * 1000, LONGEST_TIMER_MS))]);
}
