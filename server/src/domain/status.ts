import { z } from "zod";
import { isTerminal, JobStatus as statuses } from "#common";

export const JobStatus = z.enum(statuses);
export type JobStatus = z.infer<typeof JobStatus>;

/**
 * All allowed status transitions. A job without a run is cancelled immediately. A job with a run stays in
 * CANCELLATION_REQUESTED until its trainer reports that the run has stopped.
 */
const ALLOWED_TRANSITIONS: Record<JobStatus, readonly JobStatus[]> = {
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

/** Whether the transition is allowed. */
export function canBecome(from: JobStatus, to: JobStatus): boolean {
  return ALLOWED_TRANSITIONS[from].includes(to);
}

/**
 * The statuses that the supervisor works on: all except the terminal ones and VALIDATED, which waits for a start
 * request.
 */
export const ACTIVE: readonly JobStatus[] = JobStatus.options.filter(
  (status) => !isTerminal(status) && status !== "VALIDATED",
);
