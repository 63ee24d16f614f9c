import type { Job } from "../../client";

/** IDs of all files that a job is trained and validated on. */
export function fileIdsOf(job: Job): string[] {
  return [...(job.training_files ?? []), ...(job.validation_files ?? [])];
}
