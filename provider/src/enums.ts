/**
 * Known base models of the fine-tuning API. Any other name is accepted and passed to the server unchanged.
 * Source: Mistral's fine-tuning documentation.
 */
export const BaseModel = {
  Ministral3B: "ministral-3b-latest",
  Ministral8B: "ministral-8b-latest",
  OpenMistral7B: "open-mistral-7b",
  OpenMistralNemo: "open-mistral-nemo",
  MistralSmall: "mistral-small-latest",
  MistralMedium: "mistral-medium-latest",
  MistralLarge: "mistral-large-latest",
  Pixtral12B: "pixtral-12b-latest",
  Codestral: "codestral-latest",
} as const;
export type BaseModel = (typeof BaseModel)[keyof typeof BaseModel];

/** Statuses of a job. Source: the API's OpenAPI document. */
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

/** Types of a job: text completion or text classification. */
export const JobType = { Completion: "completion", Classifier: "classifier" } as const;
export type JobType = (typeof JobType)[keyof typeof JobType];

/** What happens to the fine-tuned model when its resource is deleted. */
export const ModelDeletionPolicy = { Retain: "retain", Archive: "archive", Delete: "delete" } as const;
export type ModelDeletionPolicy = (typeof ModelDeletionPolicy)[keyof typeof ModelDeletionPolicy];
