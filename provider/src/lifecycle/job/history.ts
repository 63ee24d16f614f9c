import type { Checkpoint, DetailedJob, Job, JobEvent } from "../../client";

/** Returns a job's events, oldest first. Keeps the server's order within one second, because times are whole seconds. */
export function eventsOf(job: Job | DetailedJob): JobEvent[] {
  const events = "events" in job ? (job.events ?? []) : [];
  const newestFirst = (events[0]?.created_at ?? 0) >= (events.at(-1)?.created_at ?? 0);
  return newestFirst ? events.toReversed() : events;
}

/** Returns a job's checkpoints, ordered by step. */
export function checkpointsOf(job: Job | DetailedJob): Checkpoint[] {
  const checkpoints = "checkpoints" in job ? (job.checkpoints ?? []) : [];
  return checkpoints.toSorted((a, b) => (a.step_number ?? 0) - (b.step_number ?? 0));
}
