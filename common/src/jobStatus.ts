/** The statuses of a job, in the order of the API's OpenAPI document. An open set: a newer server may send others. */
export const JobStatus = {
  Queued: "QUEUED",
  Started: "STARTED",
  Validating: "VALIDATING",
  Validated: "VALIDATED",
  Running: "RUNNING",
  FailedValidation: "FAILED_VALIDATION",
  Failed: "FAILED",
  Success: "SUCCESS",
  Cancelled: "CANCELLED",
  CancellationRequested: "CANCELLATION_REQUESTED",
} as const;
export type JobStatus = (typeof JobStatus)[keyof typeof JobStatus];

/** The statuses that a job never leaves. */
export const TERMINAL_STATUSES = [
  JobStatus.Success,
  JobStatus.Failed,
  JobStatus.FailedValidation,
  JobStatus.Cancelled,
] as const;

const FAILED: readonly string[] = [JobStatus.Failed, JobStatus.FailedValidation, JobStatus.Cancelled];
const UNSTARTED: readonly string[] = [JobStatus.Queued, JobStatus.Validating, JobStatus.Validated];
const TRAINING: readonly string[] = [JobStatus.Started, JobStatus.Running];

/** Whether the status is terminal: a job never leaves it. An unknown status counts as not terminal, so that clients keep polling. */
export const isTerminal = (status: string) => (TERMINAL_STATUSES as readonly string[]).includes(status);

/** Whether the job ended without a model. */
export const hasFailed = (status: string) => FAILED.includes(status);

/** Whether the job ended with a model. */
export const hasSucceeded = (status: string) => status === JobStatus.Success;

/** Whether the training is in progress. */
export const isTraining = (status: string) => TRAINING.includes(status);

/** Whether the training has not started yet, so that nothing has been charged. */
export const isUnstarted = (status: string) => UNSTARTED.includes(status);

/** Whether the data is validated and the job waits for a start request. */
export const awaitsStart = (status: string) => status === JobStatus.Validated;

/** Whether the job failed, was cancelled or is being cancelled: it never produces a model. */
export const cannotSucceed = (status: string) => hasFailed(status) || status === JobStatus.CancellationRequested;
