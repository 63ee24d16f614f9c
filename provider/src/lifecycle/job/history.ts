import type { Checkpoint, DetailedJob, Job, JobEvent } from "../../client";

/** A job's events, the oldest first. Times are whole seconds, so the server's own order tells what came first within one. */
export function eventsOf(job: Job | DetailedJob): JobEvent[] {
  const events = "events" in job ? (job.events ?? []) : [];
  const newestFirst = (events[0]?.created_at ?? 0) >= (events.at(-1)?.created_at ?? 0);
  return newestFirst ? events.toReversed() : events;
}

/** A job's checkpoints in the order of their steps. */
export function checkpointsOf(job: Job | DetailedJob): Checkpoint[] {
  const checkpoints = "checkpoints" in job ? (job.checkpoints ?? []) : [];
  return checkpoints.toSorted((a, b) => (a.step_number ?? 0) - (b.step_number ?? 0));
}
