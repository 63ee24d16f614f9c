import { z } from "zod";
import { hyperparameters } from "#common/hyperparameters";
import { withSnakeCaseKeys } from "#common/snakeCase";
import { isVisibleLine } from "#common/visibleText";
import type { JobStatus, JobType } from "./known";

/*
 * Schemas of the API's replies. `types.generated.ts` is generated from them: the public types do not refer to zod, whose types do not
 * compile under every TypeScript configuration.
 */

/**
 * Returns the schema of an API object. Unknown fields pass through at run time, so data of a newer server is kept. The type omits
 * them, so a misspelt field is still a compile error.
 */
function open<Shape extends z.ZodRawShape>(shape: Shape): z.ZodObject<Shape> {
  return z.looseObject(shape) as unknown as z.ZodObject<Shape>;
}

/** IDs of fine-tuned models contain colons and names, but no ID is longer. */
const LONGEST_ID = 512;

/** Whether a text can be part of a URL's path and of a message. `encodeURIComponent` rejects unpaired surrogates. */
const isId = (text: string) =>
  text !== "." && text !== ".." && Buffer.from(text).toString() === text && isVisibleLine(text);

/** An ID that the client sends back in the path of requests. */
const anId = z
  .string()
  .min(1)
  .max(LONGEST_ID, { abort: true })
  .refine(isId, { message: "not an ID that can be part of a URL" });

/** The ID of a model; some servers send an empty text until the model exists. */
const modelId = z
  .string()
  .max(LONGEST_ID, { abort: true })
  .refine(isId, { message: "not an ID that can be part of a URL" });

const seconds = z.number().describe("Unix seconds.");

/** Replies are not checked against the limits of the inputs. */
const replyHyperparameters = Object.fromEntries(
  Object.entries(hyperparameters).map(([name, { description = "" }]) => [
    name,
    z.number().optional().describe(description),
  ]),
) as { [Name in keyof typeof hyperparameters]: z.ZodOptional<z.ZodNumber> };

export const hyperparametersSchema = open(withSnakeCaseKeys(replyHyperparameters)).meta({
  id: "Hyperparameters",
  description: "Hyperparameters of the training.",
});

export const jobMetadataSchema = open({
  expected_duration_seconds: z.number().optional(),
  cost: z.number().optional().describe("In `cost_currency`."),
  cost_currency: z.string().optional(),
  train_tokens_per_step: z.number().optional(),
  train_tokens: z.number().optional(),
  data_tokens: z.number().optional(),
  estimated_start_time: seconds.optional(),
  deprecated: z.boolean().optional().describe("Dry run only: the estimate uses a deprecated method."),
  details: z.string().optional().describe("Dry run only."),
  estimated: z
    .boolean()
    .optional()
    .describe(
      "Dry run only: true if the numbers may still change when the job is validated; only `mistral-fine-tuning-server` sends it.",
    ),
  epochs: z.number().optional().describe("Dry run only."),
  training_steps: z.number().optional().describe("Dry run only."),
  object: z.string().optional().describe("`job.metadata`; dry run only."),
  simulated: z
    .boolean()
    .optional()
    .describe("True if the numbers are made up: the simulated trainer of `mistral-fine-tuning-server` sets it."),
  current_step: z.number().optional().describe("Steps done so far; only `mistral-fine-tuning-server` sends it."),
  total_steps: z.number().optional().describe("Total number of steps; only `mistral-fine-tuning-server` sends it."),
  estimated_remaining_seconds: z
    .number()
    .optional()
    .describe("Seconds until the training ends; only `mistral-fine-tuning-server` sends it."),
}).meta({
  id: "JobMetadata",
  description: "Expected or measured size and price of a job. Also the reply to a dry run.",
});

export const integrationSchema = open({
  type: z.string().optional().describe("`wandb`."),
  project: z.string().optional(),
  name: z.string().optional(),
  run_name: z.string().optional(),
  url: z.string().optional().describe("URL of the run."),
}).meta({
  id: "Integration",
  description: "A Weights & Biases integration in a server reply: with `url`, never with the API key.",
});

export const repositorySchema = open({
  type: z.string().optional().describe("`github`."),
  owner: z.string().optional(),
  name: z.string().optional(),
  ref: z.string().optional(),
  weight: z.number().optional(),
  commit_id: z.string().optional(),
}).meta({
  id: "Repository",
  description: "A repository in a server reply: with the commit, never with the token.",
});

export const classifierTargetSchema = open({
  name: z.string().optional(),
  labels: z.array(z.string()).optional(),
  weight: z.number().optional(),
  loss_function: z.string().optional().describe("`single_class` or `multi_class`."),
}).meta({ id: "ClassifierTarget", description: "A label field that a classifier learns to predict." });

export const jobEventSchema = open({
  name: z.string(),
  data: z.record(z.string(), z.unknown()).optional(),
  created_at: seconds,
}).meta({ id: "JobEvent", description: "An event of a job." });

export const checkpointSchema = open({
  metrics: open({
    train_loss: z.number().optional(),
    valid_loss: z.number().optional(),
    valid_mean_token_accuracy: z.number().optional().describe("0 to 1."),
  }),
  step_number: z.number(),
  created_at: seconds,
}).meta({ id: "Checkpoint", description: "Losses measured at one step of the training." });

export const metricPointSchema = open({
  id: z.number().describe("Increases with every point of a job."),
  type: z.string().describe("`step` or `evaluation`."),
  step: z.number(),
  metrics: z
    .record(z.string(), z.number())
    .describe(
      "`step`: `train_loss`, `learning_rate`, `grad_norm`, `tokens_per_second`, `gpu_memory_bytes`. `evaluation`: `valid_loss`, `valid_mean_token_accuracy`, `valid_accuracy`.",
    ),
  created_at: seconds.optional(),
}).meta({ id: "MetricPoint", description: "The figures of one step of a training." });

export const metricPageSchema = open({
  data: z.array(metricPointSchema).describe("Oldest first."),
  has_more: z.boolean(),
  simulated: z.boolean().optional().describe("True if the figures are made up."),
}).meta({
  id: "MetricPage",
  description: "A page of the metrics of a job; only `mistral-fine-tuning-server` sends it.",
});

export const evaluationFiguresSchema = open({
  step: z.number().optional().describe("Step of the measured checkpoint; 0 for the base model."),
  valid_loss: z.number().optional(),
  valid_mean_token_accuracy: z.number().optional().describe("0 to 1; completion jobs only."),
  accuracy: z.number().optional().describe("0 to 1, mean over the targets; classifiers only."),
  f1: z.number().optional().describe("Macro F1, 0 to 1, mean over the targets; classifiers only."),
  majority_accuracy: z
    .number()
    .optional()
    .describe("Accuracy of always predicting the most frequent answer, 0 to 1; classifiers only."),
}).meta({ id: "EvaluationFigures", description: "The figures of a model on the validation data of a job." });

const evaluationShape = {
  base: evaluationFiguresSchema.optional().describe("The base model, before the training."),
  tuned: evaluationFiguresSchema.optional().describe("The fine-tuned model. Absent until the training has ended."),
  improvement: open({
    valid_loss: z.number().optional().describe("Loss of the base model minus that of the fine-tuned model."),
    valid_mean_token_accuracy: z.number().optional(),
    accuracy: z.number().optional(),
    f1: z.number().optional(),
  })
    .optional()
    .describe("Positive figures: the fine-tuned model is better."),
  kept: z.string().optional().describe("Which checkpoint became the model: `best` or `last`."),
  simulated: z.boolean().optional().describe("True if the figures are made up."),
};

export const jobEvaluationSchema = open(evaluationShape).meta({
  id: "JobEvaluation",
  description: "What the training has changed, measured on the validation data.",
});

export const sampleAnswerSchema = open({
  prompt: z.unknown().describe("The conversation up to the last answer, or a text."),
  reference: z.string().optional().describe("The answer in the validation data."),
  base: z.string().optional().describe("The answer of the base model."),
  tuned: z.string().optional().describe("The answer of the fine-tuned model."),
}).meta({ id: "SampleAnswer", description: "A validation prompt, and what both models answer." });

export const sampleAnswerListSchema = open({
  data: z.array(sampleAnswerSchema),
  object: z.string().optional().describe("`list`."),
  simulated: z.boolean().optional().describe("True if the answers are made up."),
}).meta({ id: "SampleAnswerList", description: "The sample answers of a job." });

const jobShape = {
  id: anId,
  object: z.string().optional().describe("`job`."),
  model: z.string(),
  status: z.string().max(200).meta({ suggestions: "JobStatus" }) as unknown as z.ZodType<JobStatus, JobStatus>,
  job_type: (z.string().meta({ suggestions: "JobType" }) as unknown as z.ZodType<JobType, JobType>).optional(),
  auto_start: z.boolean().optional(),
  created_at: seconds.optional(),
  modified_at: seconds.optional(),
  training_files: z.array(anId).optional().describe("IDs of files."),
  validation_files: z.array(anId).optional().describe("IDs of files."),
  hyperparameters: hyperparametersSchema.optional(),
  fine_tuned_model: modelId.optional().describe("ID of the model; absent until the job has succeeded."),
  suffix: z.string().optional(),
  integrations: z.array(integrationSchema).optional(),
  repositories: z.array(repositorySchema).optional(),
  trained_tokens: z.number().optional(),
  metadata: jobMetadataSchema.optional(),
  artifact: open({
    url: z.string().optional().describe("Download URL of the result, a tar archive."),
    bytes: z.number().optional(),
  })
    .optional()
    .describe("Result of the training; only `mistral-fine-tuning-server` sends it."),
  keep: z
    .string()
    .optional()
    .describe("Which checkpoint becomes the model, as requested; only `mistral-fine-tuning-server` sends it."),
  // A reply that this release cannot read must not hide the job.
  evaluation: jobEvaluationSchema
    .optional()
    .catch(undefined)
    .describe("Figures on the validation data; only `mistral-fine-tuning-server` sends them."),
};

export const jobSchema = open({
  ...jobShape,
  // One odd ID must not make a whole list unreadable. A reply about this job alone reports the ID as invalid.
  fine_tuned_model: jobShape.fine_tuned_model.catch(undefined),
}).meta({ id: "Job", description: "A job in replies of `create` and of lists." });

export const detailedJobSchema = open({
  ...jobShape,
  classifier_targets: z.array(classifierTargetSchema).optional(),
  events: z.array(jobEventSchema).optional().describe("In the server's order."),
  checkpoints: z.array(checkpointSchema).optional().describe("In the server's order."),
}).meta({ id: "DetailedJob", description: "A job with its history, in replies of `get`, `start` and `cancel`." });

export const jobListSchema = open({
  data: z.array(jobSchema),
  total: z.number().optional().describe("Of all pages."),
  object: z.string().optional().describe("`list`."),
}).meta({
  id: "JobList",
  description: "A page of jobs. `data` is required: a reply without it must not count as an empty list.",
});

export const fileSchema = open({
  id: anId,
  object: z.string().optional().describe("`file`."),
  bytes: z.number().optional(),
  created_at: seconds.optional(),
  filename: z.string().optional(),
  purpose: z.string().optional().describe("`fine-tune`, `batch` or `ocr`."),
  sample_type: z
    .string()
    .optional()
    .describe("`pretrain`, `instruct`, `batch_request`, `batch_result` or `batch_error`."),
  num_lines: z.number().optional(),
  mimetype: z.string().optional(),
  source: z.string().optional().describe("`upload`, `repository` or `mistral`."),
  signature: z.string().optional(),
  expires_at: seconds.optional(),
  visibility: z.string().optional(),
  deleted: z.boolean().optional(),
}).meta({ id: "File", description: "An uploaded file." });

export const fileListSchema = open({
  data: z.array(fileSchema),
  total: z.number().optional().describe("Of all pages; only with `include_total`, which is the default."),
  object: z.string().optional().describe("`list`."),
}).meta({ id: "FileList", description: "A page of files." });

export const signedUrlSchema = open({ url: z.string() }).meta({
  id: "SignedUrl",
  description: "A URL that serves the file's content without an API key until it expires.",
});

/** The part of a reply of `mistral-fine-tuning-server` about a model that a hold has. */
const delayed = {
  held_by: z
    .array(z.string())
    .optional()
    .describe(
      "Who holds the model: the descriptions of its holds, or their holders. Present if the server delays the request until the last hold ends.",
    ),
  pending: z.string().optional().describe("What the server does when the last hold ends: `archive` or `delete`."),
};

export const deletedSchema = open({
  id: z.string(),
  object: z.string().optional(),
  deleted: z.boolean().optional(),
  ...delayed,
}).meta({ id: "Deleted", description: "The reply to a deletion." });

export const modelSchema = open({
  id: anId,
  object: z.string().optional().describe("`model`."),
  created: seconds.optional(),
  owned_by: z.string().optional(),
  workspace_id: z.string().optional(),
  name: z.string().optional(),
  description: z.string().optional(),
  max_context_length: z.number().optional().describe("Tokens."),
  aliases: z.array(z.string()).optional(),
  capabilities: z
    .record(z.string(), z.unknown())
    .optional()
    .describe(
      "Capabilities of the model, such as `completion_chat`, `function_calling`, `fine_tuning` or `classification`.",
    ),
  type: z.string().optional().describe("`base` or `fine-tuned`, in lists."),
  model_type: z.string().optional().describe("`completion` or `classifier`, of a fine-tuned model."),
  job: z.string().optional().describe("ID of the job that trained the model."),
  root: z.string().optional().describe("The base model."),
  root_version: z.string().optional(),
  archived: z.boolean().optional(),
  held_by: z
    .array(z.string())
    .optional()
    .describe("Who holds the model, see `Hold`; only `mistral-fine-tuning-server` sends it."),
  pending_deletion_policy: z
    .string()
    .optional()
    .describe("What the server does when the model's last hold ends: `archive` or `delete`."),
  classifier_targets: z.array(classifierTargetSchema).optional(),
  deprecation: z.string().optional().describe("Retirement date of the model, ISO 8601."),
  deprecation_replacement_model: z.string().optional(),
  default_model_temperature: z.number().optional(),
  training: z
    .unknown()
    .optional()
    .describe(
      "How the server computes the size and the price of a training of a base model; only `mistral-fine-tuning-server` sends it.",
    ),
}).meta({ id: "Model", description: "A model. Fine-tuned models have `job`, `root` and `archived`." });

export const modelListSchema = open({
  data: z.array(modelSchema),
  object: z.string().optional().describe("`list`."),
}).meta({ id: "ModelList", description: "All models that the key can use." });

export const archivedSchema = open({
  id: z.string(),
  object: z.string().optional(),
  archived: z.boolean().optional(),
  ...delayed,
}).meta({ id: "Archived", description: "The reply to archiving or unarchiving." });

export const shownRowSchema = open({
  line: z.number().describe("Line of the sample in the request, from 1."),
  row: z.number().describe("Number of the row within its sample, from 0."),
  input_ids: z.array(z.number()),
  labels: z.array(z.number()).describe("The tokens that count for the loss; -100 for the others."),
  text: z.string(),
  learned: z.string().describe("Text of the tokens that count for the loss."),
}).meta({ id: "ShownRow", description: "A row of tokens that a model trains on." });

export const shownRowListSchema = open({
  data: z.array(shownRowSchema),
  object: z.string().optional().describe("`list`."),
}).meta({ id: "ShownRowList", description: "The rows of some samples." });

export const holdSchema = open({
  id: z.string().describe("The holder."),
  object: z.string().optional().describe("`fine_tuning.hold`."),
  models: z.array(z.string()).describe("IDs of models."),
  description: z.string().optional(),
  created_at: seconds.optional(),
}).meta({ id: "Hold", description: "Keeps models from being archived and deleted until the hold ends." });

export const approvalMissSchema = open({
  object: z.string().optional().describe("`fine_tuning.approval_miss`."),
}).meta({ id: "ApprovalMiss", description: "The server knows that a model has missed the thresholds of an approval." });

/** A feature that the reply does not name is one that the server does not have. */
const feature = (description: string) => z.boolean().default(false).describe(description);

export const capabilitiesSchema = open({
  object: z.string().optional().describe("`fine_tuning.capabilities`."),
  server: z.string().optional().describe("Name of the server; absent for a server without this endpoint."),
  version: z.string().optional(),
  trainer: z.string().optional().describe("`simulated`, `process` or `ray`."),
  simulated: z.boolean().default(false).describe("True if losses, durations and costs are made up."),
  // A value that this release cannot read must not hide the features.
  dashboard_url: z
    .string()
    .optional()
    .catch(undefined)
    .describe("Base URL of the server's page, without a trailing slash; absent if the server has none."),
  features: open({
    metrics: feature("Metrics of each step."),
    evaluation: feature("Figures of the base model and of the result."),
    evaluation_samples: feature("Answers to validation prompts."),
    evaluation_on_demand: feature("Evaluates a model on request."),
    holds: feature("Keeps models from being archived and deleted."),
    approval_misses: feature("Notifies of models that miss the thresholds of an approval."),
    artifacts: feature("Downloads of trained adapters."),
    training_rules: feature("Publishes how it computes steps and tokens."),
    dry_run: feature("Estimates a job without creating it."),
    cost: feature("Jobs have a cost."),
  }),
}).meta({ id: "Capabilities", description: "What a server can do beyond Mistral's API." });

export const onDemandEvaluationSchema = open({
  id: anId,
  object: z.string().optional().describe("`fine_tuning.evaluation`."),
  status: z.string().describe("`QUEUED`, `RUNNING`, `SUCCESS` or `FAILED`."),
  model: z.string().optional(),
  job_id: z.string().optional(),
  figures: evaluationFiguresSchema.optional(),
  reason: z.string().optional().describe("Why the evaluation failed."),
  simulated: z.boolean().optional().describe("True if the figures are made up."),
  created_at: seconds.optional(),
}).meta({ id: "OnDemandEvaluation", description: "An evaluation of a model on a job's validation data." });
