import { z } from "zod";
import { BaseModel, JobStatus as KnownStatus, type JobType as KnownType } from "../enums";

/**
 * An object of the API. Fields that are not named here pass through at run time, so that a newer server loses
 * nothing; they are left out of the type, so that a misspelt field is still a compile error.
 */
function open<Shape extends z.ZodRawShape>(shape: Shape): z.ZodObject<Shape> {
  return z.looseObject(shape) as unknown as z.ZodObject<Shape>;
}

const seconds = z.number();

/** All statuses in the documents. An open set: a server may send others. */
export const JOB_STATUSES = Object.values(KnownStatus);

/** A job's status: one of `JOB_STATUSES`, or one that a newer server has. */
export type JobStatus = KnownStatus | (string & Record<never, never>);

/** The statuses that a job never leaves. An unknown status is not among them. */
export const TERMINAL_STATUSES = [
  KnownStatus.Success,
  KnownStatus.Failed,
  KnownStatus.FailedValidation,
  KnownStatus.Cancelled,
] as const;

/** `completion` (the default) or `classifier`; open for what a newer server has. */
export type JobType = KnownType | (string & Record<never, never>);

/** Base models that the documents name. An open set: the server decides what it can train. */
export const BASE_MODELS = Object.values(BaseModel);

/** How the training is done. */
export const hyperparametersSchema = open({
  training_steps: z.number().optional(),
  /** Default 0.0001. */
  learning_rate: z.number().optional(),
  /** Default 0.1. */
  weight_decay: z.number().optional(),
  /** Share of the steps in which the learning rate rises, 0 to 1; default 0.05. */
  warmup_fraction: z.number().optional(),
  epochs: z.number().optional(),
  /** Tokens. */
  seq_len: z.number().optional(),
  /** Share of fill-in-the-middle samples, 0 to 1; default 0.9; completion jobs only. */
  fim_ratio: z.number().optional(),
});

/** What the server expects, or has found out, of a job's size and price. Also the answer to a dry run. */
export const jobMetadataSchema = open({
  expected_duration_seconds: z.number().optional(),
  /** In `cost_currency`. */
  cost: z.number().optional(),
  cost_currency: z.string().optional(),
  train_tokens_per_step: z.number().optional(),
  train_tokens: z.number().optional(),
  data_tokens: z.number().optional(),
  /** Unix seconds. */
  estimated_start_time: seconds.optional(),
  /** Dry run only: the estimate is of an old kind. */
  deprecated: z.boolean().optional(),
  /** Dry run only. */
  details: z.string().optional(),
  /** Dry run only. */
  epochs: z.number().optional(),
  /** Dry run only. */
  training_steps: z.number().optional(),
  /** `job.metadata`; dry run only. */
  object: z.string().optional(),
  /** True when the numbers are made up: the simulated trainer of `mistral-fine-tuning-server` sets it. */
  simulated: z.boolean().optional(),
  /** Steps done so far; only `mistral-fine-tuning-server` sends it. */
  current_step: z.number().optional(),
  /** Steps in all; only `mistral-fine-tuning-server` sends it. */
  total_steps: z.number().optional(),
  /** Seconds until the training ends; only `mistral-fine-tuning-server` sends it. */
  estimated_remaining_seconds: z.number().optional(),
});

/** A Weights & Biases integration as the server answers it: with `url`, never with the key. */
export const integrationSchema = open({
  /** `wandb`. */
  type: z.string().optional(),
  project: z.string().optional(),
  name: z.string().optional(),
  run_name: z.string().optional(),
  /** Where the run can be watched. */
  url: z.string().optional(),
});

/** A repository that was trained on, as the server answers it: with the commit, never with the token. */
export const repositorySchema = open({
  /** `github`. */
  type: z.string().optional(),
  owner: z.string().optional(),
  name: z.string().optional(),
  ref: z.string().optional(),
  weight: z.number().optional(),
  commit_id: z.string().optional(),
});

/** What a classifier learns to tell apart. */
export const classifierTargetSchema = open({
  name: z.string().optional(),
  labels: z.array(z.string()).optional(),
  weight: z.number().optional(),
  /** `single_class` or `multi_class`. */
  loss_function: z.string().optional(),
});

/** Something that happened to a job. */
export const jobEventSchema = open({
  name: z.string(),
  data: z.record(z.string(), z.unknown()).optional(),
  /** Unix seconds. */
  created_at: seconds,
});

/** A point in the training at which the losses were measured. */
export const checkpointSchema = open({
  metrics: open({
    train_loss: z.number().optional(),
    valid_loss: z.number().optional(),
    /** 0 to 1. */
    valid_mean_token_accuracy: z.number().optional(),
  }),
  step_number: z.number(),
  /** Unix seconds. */
  created_at: seconds,
});

const jobShape = {
  id: z.string().min(1),
  /** `job`. */
  object: z.string().optional(),
  model: z.string(),
  status: z.string() as unknown as z.ZodType<JobStatus, JobStatus>,
  job_type: (z.string() as unknown as z.ZodType<JobType, JobType>).optional(),
  auto_start: z.boolean().optional(),
  /** Unix seconds. */
  created_at: seconds.optional(),
  /** Unix seconds. */
  modified_at: seconds.optional(),
  /** Ids of files. */
  training_files: z.array(z.string()).optional(),
  /** Ids of files. */
  validation_files: z.array(z.string()).optional(),
  hyperparameters: hyperparametersSchema.optional(),
  /** The model's id; absent until the job has succeeded. */
  fine_tuned_model: z.string().optional(),
  suffix: z.string().optional(),
  integrations: z.array(integrationSchema).optional(),
  repositories: z.array(repositorySchema).optional(),
  trained_tokens: z.number().optional(),
  metadata: jobMetadataSchema.optional(),
};

/** A job, as creation and lists answer it. */
export const jobSchema = open(jobShape);

/** A job with its history, as `get`, `start` and `cancel` answer it. */
export const detailedJobSchema = open({
  ...jobShape,
  classifier_targets: z.array(classifierTargetSchema).optional(),
  /** In the server's order. */
  events: z.array(jobEventSchema).optional(),
  /** In the server's order. */
  checkpoints: z.array(checkpointSchema).optional(),
});

/** A page of jobs. `data` has to be there: an answer without it must not pass for "there are no jobs". */
export const jobListSchema = open({
  data: z.array(jobSchema),
  /** Of all pages. */
  total: z.number().optional(),
  /** `list`. */
  object: z.string().optional(),
});

/** An uploaded file. */
export const fileSchema = open({
  id: z.string().min(1),
  /** `file`. */
  object: z.string().optional(),
  bytes: z.number().optional(),
  /** Unix seconds. */
  created_at: seconds.optional(),
  filename: z.string().optional(),
  /** `fine-tune`, `batch` or `ocr`. */
  purpose: z.string().optional(),
  /** `pretrain`, `instruct`, `batch_request`, `batch_result` or `batch_error`. */
  sample_type: z.string().optional(),
  num_lines: z.number().optional(),
  mimetype: z.string().optional(),
  /** `upload`, `repository` or `mistral`. */
  source: z.string().optional(),
  signature: z.string().optional(),
  /** Unix seconds. */
  expires_at: seconds.optional(),
  visibility: z.string().optional(),
  deleted: z.boolean().optional(),
});

/** A page of files. */
export const fileListSchema = open({
  data: z.array(fileSchema),
  /** Of all pages; only with `include_total`, which is the default. */
  total: z.number().optional(),
  /** `list`. */
  object: z.string().optional(),
});

/** A URL that gives the file's content without a key, until it expires. */
export const signedUrlSchema = open({ url: z.string() });

/** The answer to a deletion. */
export const deletedSchema = open({
  id: z.string(),
  object: z.string().optional(),
  deleted: z.boolean().optional(),
});

/** A model; those that were fine-tuned have `job`, `root` and `archived`. */
export const modelSchema = open({
  id: z.string().min(1),
  /** `model`. */
  object: z.string().optional(),
  /** Unix seconds. */
  created: seconds.optional(),
  owned_by: z.string().optional(),
  workspace_id: z.string().optional(),
  name: z.string().optional(),
  description: z.string().optional(),
  /** Tokens. */
  max_context_length: z.number().optional(),
  aliases: z.array(z.string()).optional(),
  /** What the model can do, such as `completion_chat`, `function_calling`, `fine_tuning` or `classification`. */
  capabilities: z.record(z.string(), z.unknown()).optional(),
  /** `base` or `fine-tuned`, in lists. */
  type: z.string().optional(),
  /** `completion` or `classifier`, of a fine-tuned model. */
  model_type: z.string().optional(),
  /** The job that made it. */
  job: z.string().optional(),
  /** The base model. */
  root: z.string().optional(),
  root_version: z.string().optional(),
  archived: z.boolean().optional(),
  classifier_targets: z.array(classifierTargetSchema).optional(),
  /** When the model is retired, ISO 8601. */
  deprecation: z.string().optional(),
  deprecation_replacement_model: z.string().optional(),
  default_model_temperature: z.number().optional(),
});

/** All models that the key can use. */
export const modelListSchema = open({
  data: z.array(modelSchema),
  /** `list`. */
  object: z.string().optional(),
});

/** The answer to archiving or unarchiving. */
export const archivedSchema = open({
  id: z.string(),
  object: z.string().optional(),
  archived: z.boolean().optional(),
});

export type Hyperparameters = z.infer<typeof hyperparametersSchema>;
export type JobMetadata = z.infer<typeof jobMetadataSchema>;
export type Integration = z.infer<typeof integrationSchema>;
export type Repository = z.infer<typeof repositorySchema>;
export type ClassifierTarget = z.infer<typeof classifierTargetSchema>;
export type JobEvent = z.infer<typeof jobEventSchema>;
export type Checkpoint = z.infer<typeof checkpointSchema>;
export type Job = z.infer<typeof jobSchema>;
export type DetailedJob = z.infer<typeof detailedJobSchema>;
export type JobList = z.infer<typeof jobListSchema>;
export type File = z.infer<typeof fileSchema>;
export type FileList = z.infer<typeof fileListSchema>;
export type SignedUrl = z.infer<typeof signedUrlSchema>;
export type Deleted = z.infer<typeof deletedSchema>;
export type Model = z.infer<typeof modelSchema>;
export type ModelList = z.infer<typeof modelListSchema>;
export type Archived = z.infer<typeof archivedSchema>;
