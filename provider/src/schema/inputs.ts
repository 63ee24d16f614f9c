import { z } from "zod";
import { MAX_SKIP_SHARE, MAX_SUFFIX_LENGTH } from "#common";
import { hyperparameters as hyperparameterFields } from "#common/hyperparameters";
import { JobType, Keep, ModelDeletionPolicy } from "../enums";
import { trainingFile, validationFile } from "./files";
import { input } from "./meta";

/** The server accepts no more. */
const MAX_EVALUATION_SAMPLES = 20;

const hyperparameters = z
  .strictObject(hyperparameterFields)
  .meta({ id: "Hyperparameters", description: "Hyperparameters of the training." });

const classifierTarget = z
  .strictObject({
    name: z.string().min(1).meta({ description: "Name of the target: the key under `labels` in each sample." }),
    labels: z.array(z.string().min(1)).min(1).meta({ description: "Allowed labels of this target." }),
    weight: z.number().positive().optional().meta({ description: "Weight of the target in the loss. Default: 1." }),
    lossFunction: z.enum(["single_class", "multi_class"]).optional().meta({
      id: "ClassifierLossFunction",
      description:
        "`single_class`: one label per sample. `multi_class`: any number of labels per sample. Server default: `single_class`.",
    }),
  })
  .meta({ id: "ClassifierTarget", description: "A label field that a classifier learns to predict." });

const repository = z
  .strictObject({
    type: z.literal("github").meta({ description: "Type of the repository: `github`." }),
    owner: z.string().min(1).meta({ description: "Owner of the repository." }),
    name: z.string().min(1).meta({ description: "Name of the repository." }),
    ref: z.string().min(1).optional().meta({ description: "Branch, tag or commit. Default: the default branch." }),
    weight: z.number().positive().optional().meta({ description: "Relative weight in the training mix. Default: 1." }),
    token: z.string().min(1).meta({ description: "Access token with read access.", secret: true }),
  })
  .meta({ id: "Repository", description: "A source-code repository used as training data." });

const integration = z
  .strictObject({
    type: z.literal("wandb").meta({ description: "Type of the integration: `wandb` (Weights & Biases)." }),
    project: z.string().min(1).meta({ description: "Project that receives the run's metrics." }),
    name: z.string().min(1).optional().meta({ description: "Display name of the run. Default: chosen by the server." }),
    runName: z.string().min(1).optional().meta({ description: "Name of the run. Default: chosen by the server." }),
    apiKey: z.string().length(40).meta({ description: "API key of the integration, 40 characters.", secret: true }),
  })
  .meta({ id: "Integration", description: "An experiment tracker that receives the run's metrics." });

/** Server and API key of one resource, or of one function call. */
export const connection = z
  .strictObject({
    apiKey: z.string().min(1).optional().meta({ description: "API key for this resource.", secret: true }),
    baseUrl: z.string().min(1).optional().meta({
      description:
        "Base URL of the API. The provider sends only `connection.apiKey` to this URL, never a key from the config or environment.",
    }),
  })
  .meta({ id: "Connection", description: "Server and API key for one resource." });

/** The user's inputs. Types, validation, `schema.json` and the tables in `docs/reference.md` are generated from this schema. */
export const inputsSchema = z.strictObject({
  model: z
    .string()
    .min(1)
    .meta(
      input(
        "replace",
        "Base model to fine-tune, for example `open-mistral-7b`. The server decides which names it accepts.",
        {
          suggestions: "BaseModel",
        },
      ),
    ),
  trainingFiles: z
    .array(trainingFile)
    .min(1)
    .optional()
    .meta(
      input(
        "replace",
        "Training data as JSONL files. Each entry is a path, a Pulumi asset, or `{path | asset | fileId, weight?}`. Required unless `repositories` is set. Changing a file's content replaces the job; changing only its path does not.",
      ),
    ),
  validationFiles: z
    .array(validationFile)
    .optional()
    .meta(
      input(
        "replace",
        "Validation data, used to measure the loss during training. Same forms as `trainingFiles`, without `weight`. At most 1 MB or 5 % of the training data, whichever is smaller.",
      ),
    ),
  hyperparameters: hyperparameters
    .optional()
    .meta(input("replace", "Hyperparameters of the training. Default: chosen by the server.")),
  jobType: z
    .enum(JobType)
    .optional()
    .meta({
      id: "JobType",
      ...input(
        "none",
        "Type of the job: `completion` or `classifier`. Default: `classifier` if `classifierTargets` is set, otherwise `completion`.",
      ),
    }),
  classifierTargets: z
    .array(classifierTarget)
    .optional()
    .meta(input("replace", "Label fields that the classifier learns to predict. Classifier jobs only.")),
  repositories: z
    .array(repository)
    .optional()
    .meta(input("replace", "Source-code repositories used as training data.", { secret: true })),
  integrations: z
    .array(integration)
    .optional()
    .meta(
      input(
        "replace",
        "Experiment trackers that receive the run's metrics. Only changing `project` replaces the job.",
        { secret: true },
      ),
    ),
  suffix: z
    .string()
    .min(1)
    .max(MAX_SUFFIX_LENGTH)
    .optional()
    .meta(
      input(
        "replace",
        "Suffix in the fine-tuned model's name, at most 18 characters. Default: the resource name and a hash of the inputs.",
      ),
    ),
  invalidSampleSkipPercentage: z
    .number()
    .min(0)
    .max(MAX_SKIP_SHARE)
    .optional()
    .meta(
      input(
        "replace",
        "Maximum fraction of invalid samples to skip, 0 to 0.5. Above it, the job fails. Server default: 0.",
      ),
    ),
  keep: z
    .enum(Keep)
    .optional()
    .meta({
      id: "Keep",
      ...input(
        "replace",
        "Which checkpoint becomes the model: `best`, the one with the lowest validation loss, or `last`. Needs a self-hosted server. Without validation data, always the last one. Server default: `best`.",
      ),
    }),
  evaluationSamples: z
    .int()
    .min(0)
    .max(MAX_EVALUATION_SAMPLES)
    .optional()
    .meta(
      input(
        "update",
        "Number of validation prompts, 0 to 20, that the base model and the fine-tuned model answer for comparison. Needs a self-hosted server, which returns the answers by `GET …/evaluation/samples` and never as outputs. A change has no effect on an existing job. Default: 0.",
      ),
    ),
  triggers: z
    .array(z.unknown())
    .optional()
    .meta(input("replace", "Arbitrary values. Changing them retrains with otherwise identical inputs.")),
  adopt: z
    .string()
    .min(1)
    .optional()
    .meta(
      input(
        "replace",
        "ID of an existing job to adopt instead of creating one. Changing it to another ID replaces the job. Removing it has no effect.",
      ),
    ),
  autoStart: z
    .boolean()
    .optional()
    .meta(
      input(
        "update",
        "Whether training starts after validation. With `false`, the job stays in `VALIDATED` and reports its cost until you set this to `true`. Default: `true`.",
      ),
    ),
  waitForCompletion: z
    .boolean()
    .optional()
    .meta(input("none", "Whether `pulumi up` waits for the training to end. Default: `true`.")),
  pollInterval: z
    .number()
    .positive()
    .optional()
    .meta(input("none", "Maximum time between two polls of the job, in seconds. Default: 30.")),
  maxCost: z
    .number()
    .nonnegative()
    .optional()
    .meta(
      input(
        "none",
        "Maximum cost of the job, in the currency that the server reports. A job above this limit stays in `VALIDATED` and is not started.",
      ),
    ),
  modelName: z.string().optional().meta(input("update", "Display name of the fine-tuned model.")),
  modelDescription: z.string().optional().meta(input("update", "Description of the fine-tuned model.")),
  modelDeletionPolicy: z
    .enum(ModelDeletionPolicy)
    .optional()
    .meta({
      id: "ModelDeletionPolicy",
      ...input(
        "update",
        "What happens to the fine-tuned model when the resource is deleted: `retain`, `archive` or `delete`. Default: `retain`.",
      ),
    }),
  connection: connection.optional().meta(
    input("update", "Server and API key for this resource. Overrides the stack's config and the environment.", {
      secret: true,
    }),
  ),
});

export const timeouts = z.strictObject({
  create: z.number().optional(),
  update: z.number().optional(),
  delete: z.number().optional(),
});

/**
 * Values that `check` adds to the user's inputs in the state. These names are frozen, because existing states contain them. Pulumi
 * does not show names that start with `__` in a diff.
 */
const internal = {
  /** The resource's URN. Log messages appear on this resource. The URN is part of the identity. */
  __urn: z.string().optional(),
  /** `customTimeouts` in seconds, because Pulumi's provider hosts do not pass them on. */
  __timeouts: timeouts.optional(),
  /** Source of the suffix. */
  __suffix: z.enum(["auto", "user"]).optional(),
  /** The identity of the job, a SHA-256 in hex; see `inputs/identity.ts`. */
  __identity: z.string().optional(),
  /** SHA-256 of each imported file by its ID, so that a path of the same content causes no training. */
  __fileHashes: z.record(z.string(), z.string()).optional(),
  /** Version of the identity's format. */
  __identityVersion: z.int().optional(),
};

export const checkedSchema = inputsSchema.extend(internal);

/** The inputs as a user writes them. */
export type UserInputs = z.input<typeof inputsSchema>;
/** The inputs after `check`: every file in its long form, with its hash, and the effective suffix. */
export type Inputs = z.output<typeof checkedSchema>;
export type Hyperparameters = z.output<typeof hyperparameters>;
