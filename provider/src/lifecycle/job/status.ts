import { JobStatus } from "../../enums";

const FAILED: string[] = [JobStatus.Failed, JobStatus.FailedValidation, JobStatus.Cancelled];
const UNSTARTED: string[] = [JobStatus.Queued, JobStatus.Validating, JobStatus.Validated];
const STARTED: string[] = [JobStatus.Started, JobStatus.Running];

/** The job has ended without a model, and stays so. */
export const hasFailed = (status: string) => FAILED.includes(status);

export const hasSucceeded = (status: string) => status === JobStatus.Success;

/** The training itself is under way. */
export const isTraining = (status: string) => STARTED.includes(status);

/** Nothing has been trained, or paid for. */
export const isUnstarted = (status: string) => UNSTARTED.includes(status);

/** The data is validated and the job waits to be started. */
export const awaitsStart = (status: string) => status === JobStatus.Validated;

/** The job no longer belongs to its declaration: it has failed, or is on its way there. */
export const isLost = (status: string) => hasFailed(status) || status === JobStatus.CancellationRequested;
