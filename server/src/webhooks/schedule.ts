const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** Milliseconds between the attempts to deliver a notification: those that Standard Webhooks recommends, about three days. */
export const DELAYS: readonly number[] = [
  5 * SECOND,
  1 * MINUTE,
  5 * MINUTE,
  30 * MINUTE,
  2 * HOUR,
  5 * HOUR,
  10 * HOUR,
  14 * HOUR,
  20 * HOUR,
  24 * HOUR,
];

/** Each delay is up to this share longer, at random: a receiver that comes back does not get everything at once. */
const JITTER = 0.2;

/**
 * Returns when to try again.
 *
 * @param failures the number of failed attempts, at least 1
 * @returns milliseconds from now; undefined after the last attempt
 */
export function nextDelay(failures: number): number | undefined {
  const delay = DELAYS[failures - 1];
  return delay === undefined ? undefined : delay * (1 + JITTER * Math.random());
}
