import { z } from "zod";
import { JobType as JobTypes, MAX_SKIP_SHARE, MAX_SUFFIX_LENGTH } from "#common";
import { hyperparameters as sharedHyperparameters } from "#common/hyperparameters";
import { withSnakeCaseKeys } from "#common/snakeCase";
import { Keep, MAX_SAMPLES } from "./evaluation";
import { optional, partOfId, text } from "./fields";

const weight = z.number().positive("Must be greater than 0").max(1e6);
const id = text(256);

/** A string is the id of a file with weight 1. */
const trainingFile = z.preprocess(
  (value) => (typeof value === "string" ? { file_id: value } : value),
  z.strictObject({ file_id: id, weight: weight.default(1) }),
);

const withSharedLimits = withSnakeCaseKeys(sharedHyperparameters);
type Shared = typeof withSharedLimits;

/** Accepts `null` for any hyperparameter that may be absent. */
const shared = Object.fromEntries(
  Object.entries(withSharedLimits).map(([name, schema]) => [name, optional(schema.unwrap())]),
) as { [Name in keyof Shared]: ReturnType<typeof optional<z.ZodNumber>> };

/** The hyperparameters of `common/` with the defaults and stricter limits of this server. */
const hyperparameters = z.strictObject({
  ...shared,
  training_steps: optional(withSharedLimits.training_steps.unwrap().max(1_000_000)),
  // Repeats the lower bound, because the API's message for it differs from zod's.
  epochs: optional(z.number().positive("Must be greater than 0").max(10_000)),
  seq_len: optional(withSharedLimits.seq_len.unwrap().max(1_048_576)),
  learning_rate: withSharedLimits.learning_rate.unwrap().default(1e-4),
  weight_decay: shared.weight_decay.transform((value) => value ?? 0.1),
  warmup_fraction: shared.warmup_fraction.transform((value) => value ?? 0.05),
});

/** Removes the key, so that the job row never stores it: see `jobSecrets`. */
const integration = z
  .strictObject({
    type: z.literal("wandb").default("wandb"),
    project: text(256),
    name: optional(text(256)),
    run_name: optional(text(256)),
    api_key: z.string().length(40, "Must have 40 characters"),
  })
  .transform(({ api_key: _, ...rest }) => rest);

/** Removes the token, so that the job row never stores it: see `jobSecrets`. */
const repository = z
  .strictObject({
    type: z.literal("github").default("github"),
    owner: text(256),
    name: text(256),
    ref: optional(text(256)),
    weight: weight.default(1),
    token: text(1024),
  })
  .transform(({ token: _, ...rest }) => rest);

const classifierTarget = z
  .strictObject({
    name: text(256),
    labels: z.array(text(256)).min(1).max(10_000),
    weight: weight.default(1),
    loss_function: optional(z.enum(["single_class", "multi_class"])).transform((value) => value ?? "single_class"),
  })
  .refine((target) => new Set(target.labels).size === target.labels.length, {
    path: ["labels"],
    message: "Must not contain a label twice",
  });
export type ClassifierTarget = z.infer<typeof classifierTarget>;

export const JobType = z.enum(JobTypes);

/** Validates the body of `POST /v1/fine_tuning/jobs`, applies the defaults and removes the secrets. */
export const createJobBody = z
  .strictObject({
    model: partOfId(256),
    training_files: optional(z.array(trainingFile).max(100)).transform((value) => value ?? []),
    validation_files: optional(z.array(id).max(100)).transform((value) => value ?? []),
    hyperparameters: optional(hyperparameters).transform((value) => value ?? hyperparameters.parse({})),
    suffix: optional(partOfId(MAX_SUFFIX_LENGTH)),
    integrations: optional(z.array(integration).max(20)).transform((value) => value ?? []),
    auto_start: optional(z.boolean()).transform((value) => value ?? false),
    invalid_sample_skip_percentage: optional(z.number().min(0).max(MAX_SKIP_SHARE)).transform((value) => value ?? 0),
    job_type: optional(JobType),
    repositories: optional(z.array(repository).max(20)).transform((value) => value ?? []),
    keep: optional(Keep),
    evaluation: optional(z.strictObject({ samples: optional(z.int().min(0).max(MAX_SAMPLES)) })),
    classifier_targets: optional(z.array(classifierTarget).max(100).superRefine(checkLabels)).transform(
      (value) => value ?? [],
    ),
  })
  .transform((body) => ({
    ...body,
    job_type: body.job_type ?? (body.classifier_targets.length > 0 ? ("classifier" as const) : ("completion" as const)),
  }))
  .superRefine(checkFieldCombinations);

/**
 * The request of a job, without secrets. Stored with the job and passed to the trainer. Fields are named as in the API.
 */
export type JobSpec = z.output<typeof createJobBody> & {
  /**
   * `keep`, or its default when the job was created: a later change of the models file does not affect the job. Absent in
   * jobs of earlier releases.
   */
  kept?: Keep;
};

/** The largest number of labels of all targets. Each sample is compared with them, and they are sent to each checking thread. */
const MAX_LABELS = 10_000;

/** The largest number of characters of all labels: 50 for each of 10,000 labels. */
const MAX_LABEL_CHARACTERS = 500_000;

function checkLabels(targets: ClassifierTarget[], context: z.RefinementCtx): void {
  const labels = targets.flatMap((target) => target.labels);
  if (labels.length > MAX_LABELS) {
    context.addIssue({
      code: "custom",
      message: `Must have at most ${MAX_LABELS} labels in all, got ${labels.length}`,
    });
  }
  const characters = labels.reduce((sum, label) => sum + label.length, 0);
  if (characters > MAX_LABEL_CHARACTERS) {
    context.addIssue({
      code: "custom",
      message: `The labels must have at most ${MAX_LABEL_CHARACTERS} characters in all, got ${characters}`,
    });
  }
}

/** Checks the rules that involve more than one field. */
function checkFieldCombinations(
  body: Pick<JobSpec, "job_type" | "training_files" | "repositories" | "hyperparameters" | "classifier_targets">,
  context: z.RefinementCtx,
): void {
  const addIssue = (path: (string | number)[], message: string) => context.addIssue({ code: "custom", path, message });
  if (body.training_files.length === 0 && body.repositories.length === 0) {
    addIssue(["training_files"], "Nothing to train on: set training_files or repositories");
  }
  const names = body.classifier_targets.map((target) => target.name);
  if (new Set(names).size !== names.length) {
    addIssue(["classifier_targets"], "Target names must be unique");
  }
  if (body.job_type === "completion" && names.length > 0) {
    addIssue(["classifier_targets"], "Only for jobs with job_type classifier");
  }
  if (body.job_type === "classifier") {
    if (names.length === 0) {
      addIssue(["classifier_targets"], "Required for jobs with job_type classifier");
    }
    if (body.repositories.length > 0) {
      addIssue(["repositories"], "Only for jobs with job_type completion");
    }
    if (body.hyperparameters.fim_ratio !== undefined) {
      addIssue(["hyperparameters", "fim_ratio"], "Only for jobs with job_type completion");
    }
  }
}
