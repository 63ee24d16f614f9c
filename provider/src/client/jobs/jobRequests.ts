import type { JobStatus, JobType } from "../known";
import type { Hyperparameters } from "../types.generated";

/** A file to train on. */
export interface TrainingFile {
  file_id: string;
  /** Relative weight of the file's samples, above 0; default 1. */
  weight?: number | undefined;
}

/** A Weights & Biases project that the training reports to. */
export interface IntegrationRequest {
  type: "wandb";
  project: string;
  /** Name of the run; default: chosen by the server. */
  name?: string | undefined;
  run_name?: string | undefined;
  /** API key of Weights & Biases, 40 characters. Redacted in error messages, and never returned by the server. */
  api_key: string;
}

/** A GitHub repository to train on. */
export interface RepositoryRequest {
  type: "github";
  owner: string;
  name: string;
  /** Branch, tag or commit; default: the repository's default branch. */
  ref?: string | undefined;
  /** Relative weight, above 0; default 1. */
  weight?: number | undefined;
  /** GitHub token. Redacted in error messages, and never returned by the server. */
  token: string;
}

/** A label field that a classifier learns to predict. */
export interface ClassifierTargetRequest {
  name: string;
  labels: readonly string[];
  /** Relative weight in the loss; default 1. */
  weight?: number | undefined;
  loss_function?: "single_class" | "multi_class" | undefined;
}

/** A request to create a job. Names and types are the API's; the server validates them. */
export interface JobCreateRequest {
  /** Base model, such as one of `BASE_MODELS`. */
  model: string;
  /** Uploaded files, or only their IDs. Optional when `repositories` is set. */
  training_files?: readonly (TrainingFile | string)[] | undefined;
  /** IDs of uploaded files. Their samples should not occur in the training files. */
  validation_files?: readonly string[] | undefined;
  hyperparameters?: Hyperparameters | undefined;
  /** Suffix of the model's name; at most 18 characters. */
  suffix?: string | undefined;
  integrations?: readonly IntegrationRequest[] | undefined;
  /** Whether training starts right after validation; default false. Otherwise the job stays in VALIDATED until it is started. */
  auto_start?: boolean | undefined;
  /** Maximum share of invalid samples that are skipped instead of failing the job, 0 to 0.5; default 0. */
  invalid_sample_skip_percentage?: number | undefined;
  /** Default `completion`. */
  job_type?: JobType | undefined;
  repositories?: readonly RepositoryRequest[] | undefined;
  /**
   * Which checkpoint becomes the model: the one with the lowest validation loss, or the last one. Only for
   * `mistral-fine-tuning-server`, whose default is `best`.
   */
  keep?: "best" | "last" | undefined;
  /**
   * `samples`: number of validation prompts, 0 to 20, that the base model and the fine-tuned model answer; default 0. Only for
   * `mistral-fine-tuning-server`.
   */
  evaluation?: { samples?: number | undefined } | undefined;
  /** For classifier jobs. */
  classifier_targets?: readonly ClassifierTargetRequest[] | undefined;
}

/** Filters of a job list. A job must match all of them. */
export interface JobFilters {
  /** Base model. */
  model?: string | undefined;
  /** Only jobs created after this time; a string is sent unchanged. */
  created_after?: Date | string | undefined;
  /** Only jobs created before this time; a string is sent unchanged. */
  created_before?: Date | string | undefined;
  /** Only jobs created by the owner of the API key. */
  created_by_me?: boolean | undefined;
  status?: JobStatus | undefined;
  wandb_project?: string | undefined;
  wandb_name?: string | undefined;
  suffix?: string | undefined;
}

/** Part of a job list: one page, or up to `limit` jobs after a known job. */
export interface JobListRequest extends JobFilters {
  /** Page number, from 0. */
  page?: number | undefined;
  /** Jobs per page; the server's default is 20, its maximum 100. */
  page_size?: number | undefined;
  /** Maximum number of jobs; default 20 when `after` is set. The client requests as many pages as needed. */
  limit?: number | undefined;
  /** ID of a job; the result starts after it. */
  after?: string | null | undefined;
}

/** Returns the secrets in the request, which error messages redact. */
export function secretsOf(request: JobCreateRequest): string[] {
  return [
    ...(request.integrations ?? []).map((integration) => integration.api_key),
    ...(request.repositories ?? []).map((repository) => repository.token),
  ].filter((secret) => typeof secret === "string");
}
