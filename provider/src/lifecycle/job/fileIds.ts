import type { Job } from "../../client";

/** Returns the IDs of a job's training and validation files. */
export function fileIdsOf(job: Job): string[] {
  return [...(job.training_files ?? []), ...(job.validation_files ?? [])];
}
