import { z } from "zod";
import { OnMiss } from "../enums";
import { connection, timeouts } from "./inputs";
import { input } from "./meta";
import { figures, improvement } from "./outputs";

/** The inputs of an approval. Types, validation, `schema.json` and the tables in the reference are generated from this schema. */
export const approvalInputsSchema = z.strictObject({
  jobId: z
    .string()
    .min(1)
    .meta(
      input(
        "update",
        "ID of the fine-tuning job whose model is judged: the output `jobId` of a `FineTuningJob`. The job must have succeeded.",
      ),
    ),
  minImprovement: z
    .number()
    .optional()
    .meta(
      input(
        "update",
        "Smallest improvement of the validation loss: the loss of the base model, or of `baselineModel`, minus the loss of the fine-tuned model. Both are measured on the job's validation data.",
      ),
    ),
  maxValidationLoss: z.number().nonnegative().optional().meta(input("update", "Largest validation loss.")),
  minTokenAccuracy: z
    .number()
    .min(0)
    .max(1)
    .optional()
    .meta(input("update", "Smallest mean token accuracy on the validation data, 0 to 1. Only for `completion` jobs.")),
  minAccuracy: z
    .number()
    .min(0)
    .max(1)
    .optional()
    .meta(
      input(
        "update",
        "Smallest accuracy on the validation data, 0 to 1: the mean over the targets. Only for `classifier` jobs.",
      ),
    ),
  baselineModel: z
    .string()
    .min(1)
    .optional()
    .meta(
      input(
        "update",
        "ID of the model to compare with instead of the base model, for example the model in production. Needs `minImprovement`, and a server that evaluates models.",
      ),
    ),
  onMiss: z
    .enum(OnMiss)
    .optional()
    .meta({
      id: "OnMiss",
      ...input(
        "update",
        "What happens when the model misses a threshold. `fail`: the update fails, and `model` stays the approved model. `keepPrevious`: the update succeeds with a warning, and `model` stays the approved model. If no model was approved before, both fail. Default: `fail`.",
      ),
    }),
  connection: connection.optional().meta(
    input("update", "Server and API key for this resource. Overrides the stack's config and the environment.", {
      secret: true,
    }),
  ),
});

/** The inputs that a model must meet. */
export const thresholdNames = ["minImprovement", "maxValidationLoss", "minTokenAccuracy", "minAccuracy"] as const;
export type ThresholdName = (typeof thresholdNames)[number];

/** Values that `check` adds to the user's inputs in the state. These names are frozen, because existing states contain them. */
const internal = {
  /** The resource's URN. Log messages appear on this resource. */
  __urn: z.string().optional(),
  /** `customTimeouts` in seconds, because Pulumi's provider hosts do not pass them on. */
  __timeouts: timeouts.optional(),
  /** The name of the hold on the server, and the ID of the resource. */
  __holder: z.string().optional(),
};

const approvalFigures = z
  .strictObject({
    tuned: figures.meta({ description: "Figures of the fine-tuned model." }),
    base: figures.optional().meta({ description: "Figures of the base model." }),
    baseline: figures.optional().meta({ description: "Figures of `baselineModel`." }),
    improvement: improvement
      .optional()
      .meta({ description: "Difference between the fine-tuned model and `baselineModel`, or the base model." }),
    source: z.enum(["evaluation", "onDemand", "checkpoint"]).meta({
      id: "FiguresSource",
      description:
        "Origin of the figures. `evaluation`: measured by the job. `onDemand`: measured for the approval. `checkpoint`: the metrics of the job's last checkpoint.",
    }),
    simulated: z
      .boolean()
      .optional()
      .meta({ description: "True if the server simulated the training: all figures are made up." }),
  })
  .meta({ id: "ApprovalFigures", description: "The figures that an approval has judged." });

/** The outputs of an approval, besides its inputs. */
export const approvalOutputsSchema = z.strictObject({
  model: z.string().meta({
    description:
      "ID of the approved model. Deployments use this output. It keeps its value while no other model is approved.",
  }),
  candidate: z.string().meta({ description: "ID of the model that was judged last: the model of the job." }),
  approved: z.boolean().meta({
    description: "Whether the candidate is approved. Only `false` with `onMiss: keepPrevious`.",
  }),
  figures: approvalFigures.meta({ description: "The figures of the candidate." }),
  previousModel: z.string().optional().meta({ description: "ID of the model that was approved before." }),
  baseUrl: z.string().meta({ description: "Base URL of the server that holds the model." }),
});

export const checkedApprovalSchema = approvalInputsSchema.extend(internal);

/** The inputs after `check`. */
export type ApprovalInputs = z.output<typeof checkedApprovalSchema>;
export type ApprovalOutputs = z.output<typeof approvalOutputsSchema>;
export type ApprovalFigures = ApprovalOutputs["figures"];
export type ModelFigures = z.output<typeof figures>;
/** The state of an approval: its inputs and its outputs. */
export type ApprovalState = ApprovalInputs &
  ApprovalOutputs & {
    /** The workspace of the job on its server. Absent if the server names none. */
    __workspace?: string;
  };
