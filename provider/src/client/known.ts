import * as common from "#common";
import { BaseModel, JobStatus as KnownStatus, type JobType as KnownType } from "../enums";

/** The documented job statuses. A server may send others. */
export const JOB_STATUSES = Object.values(KnownStatus);

/** A job's status: one of `JOB_STATUSES`, or another status of a newer server. */
export type JobStatus = KnownStatus | (string & Record<never, never>);

/** The statuses that a job never leaves. */
export const TERMINAL_STATUSES = common.TERMINAL_STATUSES;

/** `completion` (the default) or `classifier`, or another type of a newer server. */
export type JobType = KnownType | (string & Record<never, never>);

/** The documented base models. The server may support others. */
export const BASE_MODELS = Object.values(BaseModel);
