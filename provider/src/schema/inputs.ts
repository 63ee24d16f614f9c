import { z } from "zod";
import { JobType, ModelDeletionPolicy } from "../enums";
import { trainingFile, validationFile } from "./files";
import { input } from "./meta";

const hyperparameters = z
  .strictObject({
    trainingSteps: z.int().min(1).optional().meta({
      description:
        "Number of optimizer steps, at least 1. Default: the service decides, from `epochs` where that is set.",
    }),
    epochs: z.number().positive().optional().meta({
      description:
        "Passes over the training data, more than 0; one epoch is about one step per MB. Default: the service decides.",
    }),
    learningRate: z.number().min(1e-8).max(1).optional().meta({
      description: "Peak learning rate, 1e-8 to 1. Default of the service: 1e-4.",
    }),
    weightDecay: z.number().min(0).max(1).optional().meta({
      description: "Weight decay, 0 to 1. Default of the service: 0.1.",
    }),
    warmupFraction: z.number().min(0).max(1).optional().meta({
      description: "Share of the steps in which the learning rate rises, 0 to 1. Default of the service: 0.05.",
    }),
    seqLen: z.int().min(100).optional().meta({
      description: "Longest sequence in tokens, at least 100. Default: the model's.",
    }),
    fimRatio: z.number().min(0).max(1).optional().meta({
      description: "Share of fill-in-the-middle samples, 0 to 1; completion jobs only. Default of the service: 0.9.",
    }),
  })
  .meta({ id: "Hyperparameters", description: "How the model is trained." });

const classifierTarget = z
  .strictObject({
    name: z.string().min(1).meta({ description: "Name of the target: the key under `labels` in each sample." }),
    labels: z.array(z.string().min(1)).min(1).meta({ description: "The labels that the target may take." }),
    weight: z.number().positive().optional().meta({ description: "Weight of the target in the loss. Default: 1." }),
    lossFunction: z.enum(["single_class", "multi_class"]).optional().meta({
      id: "ClassifierLossFunction",
      description:
        "`single_class`: one label a sample; `multi_class`: any number of labels. Default of the service: `single_class`.",
    }),
  })
  .meta({ id: "ClassifierTarget", description: "What a classifier learns to tell." });

const repository = z
  .strictObject({
    type: z.literal("github").meta({ description: "Kind of the repository: `github`." }),
    owner: z.string().min(1).meta({ description: "Owner of the repository." }),
    name: z.string().min(1).meta({ description: "Name of the repository." }),
    ref: z.string().min(1).optional().meta({ description: "Branch, tag or commit. Default: the default branch." }),
    weight: z.number().positive().optional().meta({ description: "Share in the training mix. Default: 1." }),
    token: z.string().min(1).meta({ description: "Access token with read access.", secret: true }),
  })
  .meta({ id: "Repository", description: "A repository whose code is training data." });

const integration = z
  .strictObject({
    type: z.literal("wandb").meta({ description: "Kind of the integration: `wandb` (Weights & Biases)." }),
    project: z.string().min(1).meta({ description: "The project that the run is logged to." }),
    name: z
      .string()
      .min(1)
      .optional()
      .meta({ description: "Display name of the run. Default: chosen by the service." }),
    runName: z.string().min(1).optional().meta({ description: "Name of the run. Default: chosen by the service." }),
    apiKey: z.string().length(40).meta({ description: "API key of the integration, 40 characters.", secret: true }),
  })
  .meta({ id: "Integration", description: "Where the run's metrics are logged." });

const connection = z
  .strictObject({
    apiKey: z.string().min(1).optional().meta({ description: "API key for this resource.", secret: true }),
    baseUrl: z.string().min(1).optional().meta({
      description: "URL of the API. With it only `connection.apiKey` is sent, never a key from elsewhere.",
    }),
  })
  .meta({ id: "Connection", description: "Which server has the job, and the key for it." });

/** What the user writes: the one source of the types, the validation, `schema.json` and the README's table. */
export const inputsSchema = z.strictObject({
  model: z
    .string()
    .min(1)
    .meta(
      input("replace", "The base model to fine-tune, for instance `open-mistral-7b`; any name is passed on.", {
        suggestions: "BaseModel",
      }),
    ),
  trainingFiles: z
    .array(trainingFile)
    .min(1)
    .optional()
    .meta(
      input(
        "replace",
        "The training data: JSONL files, given by path, by Pulumi asset or by `{path | asset | fileId, weight?}`. Required unless there are `repositories`. A change of the content trains anew, a change of the path does not.",
      ),
    ),
  validationFiles: z
    .array(validationFile)
    .optional()
    .meta(
      input(
        "replace",
        "Data on which the loss is measured during the training; the same forms, without a weight. At most 1 MB and 5 % of the training data.",
      ),
    ),
  hyperparameters: hyperparameters
    .optional()
    .meta(input("replace", "How the model is trained. Default: the service decides.")),
  jobType: z
    .enum(JobType)
    .optional()
    .meta({
      id: "JobType",
      ...input(
        "none",
        "What is trained: `completion` or `classifier`. Default: `classifier` with `classifierTargets`, otherwise `completion`.",
      ),
    }),
  classifierTargets: z
    .array(classifierTarget)
    .optional()
    .meta(input("replace", "What a classifier learns to tell; classifier jobs only.")),
  repositories: z
    .array(repository)
    .optional()
    .meta(input("replace", "Repositories whose code is training data.", { secret: true })),
  integrations: z
    .array(integration)
    .optional()
    .meta(
      input("replace", "Where the run's metrics are logged. Only a changed project trains anew.", { secret: true }),
    ),
  suffix: z
    .string()
    .min(1)
    .max(18)
    .optional()
    .meta(
      input(
        "replace",
        "Text in the fine-tuned model's name, at most 18 characters. Default: the resource's name and a hash of the declaration.",
      ),
    ),
  invalidSampleSkipPercentage: z
    .number()
    .min(0)
    .max(0.5)
    .optional()
    .meta(
      input(
        "replace",
        "Share of invalid samples that is skipped instead of failing the job, 0 to 0.5. Default of the service: 0.",
      ),
    ),
  triggers: z
    .array(z.unknown())
    .optional()
    .meta(input("replace", "Any values; a change of them trains again with nothing else changed.")),
  adopt: z
    .string()
    .min(1)
    .optional()
    .meta(
      input(
        "replace",
        "ID of an existing job to take over instead of starting one; read when the resource is created.",
      ),
    ),
  autoStart: z
    .boolean()
    .optional()
    .meta(
      input(
        "update",
        "Whether the training starts once the data is validated. With `false` the job rests at `VALIDATED`, with its cost as an output, until this becomes `true`. Default: `true`.",
      ),
    ),
  waitForCompletion: z
    .boolean()
    .optional()
    .meta(input("none", "Whether `pulumi up` waits until the training has ended. Default: `true`.")),
  pollInterval: z
    .number()
    .positive()
    .optional()
    .meta(input("none", "The longest wait between two polls of the job, in seconds. Default: 30.")),
  maxCost: z
    .number()
    .nonnegative()
    .optional()
    .meta(
      input(
        "none",
        "The most that the job may cost, in the currency that the server reports. A job above it rests at `VALIDATED` and is not started.",
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
        "What becomes of the fine-tuned model when the resource is deleted: `retain`, `archive` or `delete`. Default: `retain`.",
      ),
    }),
  connection: connection.optional().meta(
    input("update", "Which server has the job, and the key for it; over the stack's config and the environment.", {
      secret: true,
    }),
  ),
});

const timeouts = z.strictObject({
  create: z.number().optional(),
  update: z.number().optional(),
  delete: z.number().optional(),
});

/**
 * What `check` leaves in the state besides the user's inputs. These names are frozen: existing states hold them, and a
 * name that begins with `__` is not shown in a diff.
 */
const internal = {
  /** The resource's URN. Messages are sent to its line, and it is part of the identity. */
  __urn: z.string().optional(),
  /** `customTimeouts` in seconds: neither of Pulumi's hosts passes them on. */
  __timeouts: timeouts.optional(),
  /** Where the suffix came from. */
  __suffix: z.enum(["auto", "user"]).optional(),
  /** SHA-256 in hex over what makes this declaration the one it is; see `inputs/identity.ts`. */
  __identity: z.string().optional(),
  /** How the identity was computed. */
  __identityVersion: z.int().optional(),
};

export const checkedSchema = inputsSchema.extend(internal);

/** The inputs as a user writes them. */
export type UserInputs = z.input<typeof inputsSchema>;
/** The inputs as `check` leaves them: every file in its long form, with its hash, and the effective suffix. */
export type Inputs = z.output<typeof checkedSchema>;
export type Hyperparameters = z.output<typeof hyperparameters>;
