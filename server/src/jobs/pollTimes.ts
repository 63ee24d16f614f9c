import type { Progress } from "../domain/trainer";

/** The shortest interval between two polls of a job, in milliseconds. */
export const TICK = 100;

/** The maximum number of regular polls per second, of all jobs together. */
const POLLS_PER_SECOND = 200;

/** The longest interval between two polls of a job, in milliseconds. */
const MAX_INTERVAL = 30_000;

/**
 * Returns when to poll a job again. With many jobs, each one is polled less often, but not later than its trainer
 * expects a change of its state.
 *
 * @param now milliseconds since 1970
 * @param jobs the number of jobs that are polled regularly
 */
export function nextPoll(
  { stateChangesAt, progressChangesAt = 0 }: Progress,
  now: number,
  jobs: number,
): { at: number; parked: boolean } {
  const regular = now + Math.max(TICK, (jobs * 1000) / POLLS_PER_SECOND);
  if (stateChangesAt === undefined) return { at: regular, parked: false };
  const at = Math.min(Math.max(now, stateChangesAt), Math.max(regular, progressChangesAt), now + MAX_INTERVAL);
  return { at, parked: stateChangesAt === Number.POSITIVE_INFINITY };
}
