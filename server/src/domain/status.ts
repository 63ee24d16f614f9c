import { z } from "zod";
import { isTerminal, JobStatus as statuses } from "#common";

export const JobStatus = z.enum(statuses);
export type JobStatus = z.infer<typeof JobStatus>;

/**
 * Every change of status there is. A job that has no trainer yet is cancelled at once; one that has goes through
 * CANCELLATION_REQUESTED until its trainer has let go.
 */
const NEXT: Record<JobStatus, readonly JobStatus[]> = {
  QUEUED: ["VALIDATING", "CANCELLED"],
  VALIDATING: ["VALIDATED", "FAILED_VALIDATION", "FAILED", "CANCELLED"],
  VALIDATED: ["STARTED", "CANCELLED"],
  STARTED: ["RUNNING", "FAILED", "CANCELLATION_REQUESTED"],
  RUNNING: ["SUCCESS", "FAILED", "CANCELLATION_REQUESTED"],
  CANCELLATION_REQUESTED: ["CANCELLED", "FAILED"],
  SUCCESS: [],
  FAILED: [],
  FAILED_VALIDATION: [],
  CANCELLED: [],
};

export function canBecome(from: JobStatus, to: JobStatus): boolean {
  return NEXT[from].includes(to);
}

/** The statuses in which the server has something to do: all but the terminal ones and VALIDATED, which waits for a start. */
export const ACTIVE: readonly JobStatus[] = JobStatus.options.filter(
  (status) => !isTerminal(status) && status !== "VALIDATED",
);
