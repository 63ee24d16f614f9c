import * as common from "#common";
import { BaseModel, JobStatus as KnownStatus, type JobType as KnownType } from "../enums";

/** All statuses in the documents. An open set: a server may send others. */
export const JOB_STATUSES = Object.values(KnownStatus);

/** A job's status: one of `JOB_STATUSES`, or one that a newer server has. */
export type JobStatus = KnownStatus | (string & Record<never, never>);

/** The statuses that a job never leaves. An unknown status is not among them. */
export const TERMINAL_STATUSES = common.TERMINAL_STATUSES;

/** `completion` (the default) or `classifier`; open for what a newer server has. */
export type JobType = KnownType | (string & Record<never, never>);

/** Base models that the documents name. An open set: the server decides what it can train. */
export const BASE_MODELS = Object.values(BaseModel);
