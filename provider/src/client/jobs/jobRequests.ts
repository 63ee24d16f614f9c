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
  /** Name of the run; the server makes one up by default. */
  name?: string | undefined;
  run_name?: string | undefined;
  /** Key of Weights & Biases, 40 characters. Kept out of error messages, and not returned by the server. */
  api_key: string;
}

/** A GitHub repository to train on. */
export interface RepositoryRequest {
  type: "github";
  owner: string;
  name: string;
  /** Branch, tag or commit; the default branch by default. */
  ref?: string | undefined;
  /** Relative weight, above 0; default 1. */
  weight?: number | undefined;
  /** GitHub token. Kept out of error messages, and not returned by the server. */
  token: string;
}

/** What a classifier learns to tell apart. */
export interface ClassifierTargetRequest {
  name: string;
  labels: readonly string[];
  /** Relative weight in the loss; default 1. */
  weight?: number | undefined;
  loss_function?: "single_class" | "multi_class" | undefined;
}

/** What is to be trained. Names and types are the API's own; the server checks them. */
export interface JobCreateRequest {
  /** Base model, such as one of `BASE_MODELS`. */
  model: string;
  /** Uploaded files, or their ids alone. May be left out when there are repositories. */
  training_files?: readonly (TrainingFile | string)[] | undefined;
  /** Ids of uploaded files. Their samples should not be among the training ones. */
  validation_files?: readonly string[] | undefined;
  hyperparameters?: Hyperparameters | undefined;
  /** Added to the model's name; at most 18 characters. */
  suffix?: string | undefined;
  integrations?: readonly IntegrationRequest[] | undefined;
  /** Whether training begins right after validation; default false. Otherwise the job rests at VALIDATED. */
  auto_start?: boolean | undefined;
  /** Share of bad samples that is skipped instead of failing the job, 0 to 0.5; default 0. */
  invalid_sample_skip_percentage?: number | undefined;
  /** Default `completion`. */
  job_type?: JobType | undefined;
  repositories?: readonly RepositoryRequest[] | undefined;
  /** For classifier jobs. */
  classifier_targets?: readonly ClassifierTargetRequest[] | undefined;
}

/** Which jobs a list shows; every filter narrows it. */
export interface JobFilters {
  /** Base model. */
  model?: string | undefined;
  /** Only jobs created after this time; a string is sent as it is. */
  created_after?: Date | string | undefined;
  /** Only jobs created before this time; a string is sent as it is. */
  created_before?: Date | string | undefined;
  /** Only jobs that this key's owner created. */
  created_by_me?: boolean | undefined;
  status?: JobStatus | undefined;
  wandb_project?: string | undefined;
  wandb_name?: string | undefined;
  suffix?: string | undefined;
}

/** Which part of the list is wanted: a page of the server's, or `limit` jobs after one that is known. */
export interface JobListRequest extends JobFilters {
  /** From 0. */
  page?: number | undefined;
  /** Jobs a page; the server's default is 20, its maximum 100. */
  page_size?: number | undefined;
  /** At most so many jobs; default 20 when `after` is given. The client walks as many pages as that takes. */
  limit?: number | undefined;
  /** Id of a job: the list begins behind it. */
  after?: string | null | undefined;
}

/** All secrets in the request, so that no error message repeats them. */
export function secretsOf(request: JobCreateRequest): string[] {
  return [
    ...(request.integrations ?? []).map((integration) => integration.api_key),
    ...(request.repositories ?? []).map((repository) => repository.token),
  ].filter((secret) => typeof secret === "string");
}
