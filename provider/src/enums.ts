import * as common from "#common";

// Not a re-export: `#common` in a declaration file does not resolve under `moduleResolution: node`.

/**
 * Known base models of the fine-tuning API. Any other name is accepted and passed to the server unchanged.
 * Source: Mistral's fine-tuning documentation.
 */
export const BaseModel = common.BaseModel;
export type BaseModel = (typeof BaseModel)[keyof typeof BaseModel];

/** Statuses of a job. Source: the API's OpenAPI document. */
export const JobStatus = common.JobStatus;
export type JobStatus = (typeof JobStatus)[keyof typeof JobStatus];

/** Types of a job: text completion or text classification. */
export const JobType = common.JobType;
export type JobType = (typeof JobType)[keyof typeof JobType];

/** Which checkpoint of a training becomes the model. */
export const Keep = { Best: "best", Last: "last" } as const;
export type Keep = (typeof Keep)[keyof typeof Keep];

/** What happens to the fine-tuned model when its resource is deleted. */
export const ModelDeletionPolicy = { Retain: "retain", Archive: "archive", Delete: "delete" } as const;
export type ModelDeletionPolicy = (typeof ModelDeletionPolicy)[keyof typeof ModelDeletionPolicy];

/** What an approval does when a model misses a threshold: fail the update, or keep the model that was approved before. */
export const OnMiss = { Fail: "fail", KeepPrevious: "keepPrevious" } as const;
export type OnMiss = (typeof OnMiss)[keyof typeof OnMiss];
