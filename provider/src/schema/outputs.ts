import { z } from "zod";
import { JobStatus } from "../enums";

const timestamp = (what: string) =>
  z
    .string()
    .optional()
    .meta({ description: `${what}, as ISO 8601 in UTC.` });

const checkpoint = z
  .strictObject({
    stepNumber: z.int().meta({ description: "Training step of the checkpoint." }),
    trainLoss: z.number().optional().meta({ description: "Loss on the training data." }),
    validLoss: z.number().optional().meta({ description: "Loss on the validation data." }),
    validMeanTokenAccuracy: z
      .number()
      .optional()
      .meta({ description: "Mean token accuracy on the validation data, 0 to 1." }),
    createdAt: timestamp("Time at which the checkpoint was written"),
  })
  .meta({ id: "Checkpoint", description: "Metrics at one step of the training." });

const event = z
  .strictObject({
    name: z.string().meta({ description: "Name of the event, for example `status-updated`." }),
    data: z.unknown().optional().meta({ description: "Details as reported by the server." }),
    createdAt: timestamp("Time of the event"),
  })
  .meta({ id: "JobEvent", description: "An event of the job." });

const share = (what: string) =>
  z
    .number()
    .optional()
    .meta({ description: `${what}, 0 to 1.` });

export const figures = z
  .strictObject({
    step: z.number().optional().meta({ description: "Step of the measured checkpoint; 0 for the base model." }),
    validLoss: z.number().optional().meta({ description: "Loss on the validation data." }),
    validMeanTokenAccuracy: share("Mean token accuracy on the validation data, of a completion job"),
    accuracy: share("Accuracy of a classifier, mean over its targets"),
    f1: share("Macro F1 of a classifier, mean over its targets"),
    majorityAccuracy: share("Accuracy of always predicting the most frequent answer, for a classifier"),
  })
  .meta({ id: "EvaluationFigures", description: "The figures of a model on the validation data." });

export const improvement = z
  .strictObject({
    validLoss: z.number().optional().meta({ description: "Loss of the base model minus that of the tuned model." }),
    validMeanTokenAccuracy: z.number().optional().meta({ description: "Gain of the mean token accuracy." }),
    accuracy: z.number().optional().meta({ description: "Gain of the accuracy." }),
    f1: z.number().optional().meta({ description: "Gain of the macro F1." }),
  })
  .meta({ id: "EvaluationImprovement", description: "What the training has gained. Positive figures are better." });

const evaluation = z
  .strictObject({
    base: figures.optional().meta({ description: "The base model, before the training." }),
    tuned: figures.optional().meta({ description: "The fine-tuned model. Absent until the training has ended." }),
    improvement: improvement.optional(),
    kept: z.string().optional().meta({ description: "Which checkpoint became the model: `best` or `last`." }),
    simulated: z.boolean().optional().meta({ description: "True if the figures are made up." }),
  })
  .meta({ id: "Evaluation", description: "What the training has changed, measured on the validation data." });

/** The resource's outputs, besides its inputs. All values come from the API. */
export const outputsSchema = z.strictObject({
  jobId: z.string().meta({ description: "ID of the fine-tuning job." }),
  status: z.string().meta({ description: `Status of the job: ${Object.values(JobStatus).join(", ")}.` }),
  fineTunedModel: z
    .string()
    .optional()
    .meta({ description: "ID of the fine-tuned model. Absent until the job has succeeded." }),
  modelArchived: z
    .boolean()
    .optional()
    .meta({ description: "True while the fine-tuned model is archived. `pulumi up` unarchives it." }),
  artifactUrl: z.string().optional().meta({
    description:
      "Download URL of the fine-tuned adapter as a tar archive. Needs the server's API key. Only a self-hosted server with a real trainer sets it.",
  }),
  dashboardUrl: z.string().optional().meta({
    description: "URL of the job's page, with live curves. Only a self-hosted server with a page sets it.",
  }),
  baseUrl: z.string().meta({ description: "Base URL of the server that holds the job." }),
  trainingFileIds: z.array(z.string()).meta({ description: "IDs of the training files." }),
  validationFileIds: z.array(z.string()).meta({ description: "IDs of the validation files." }),
  createdAt: timestamp("Creation time of the job"),
  modifiedAt: timestamp("Time of the job's last change"),
  trainedTokens: z.int().optional().meta({ description: "Number of trained tokens." }),
  cost: z.number().optional().meta({ description: "Cost of the job in `costCurrency`, as reported by the server." }),
  costCurrency: z.string().optional().meta({ description: "Currency of `cost`." }),
  expectedDurationSeconds: z.number().optional().meta({ description: "Expected duration of the training in seconds." }),
  trainLoss: z.number().optional().meta({ description: "Training loss at the last checkpoint." }),
  validLoss: z.number().optional().meta({ description: "Validation loss at the last checkpoint." }),
  evaluation: evaluation.optional().meta({
    description:
      "Figures of the base model and of the fine-tuned model on the validation data. Only a self-hosted server measures them.",
  }),
  checkpoints: z.array(checkpoint).meta({ description: "Metrics recorded during training, ordered by step." }),
  events: z.array(event).meta({ description: "The last 50 events of the job, oldest first." }),
  simulated: z.boolean().meta({
    description: "True if the server simulated the training: no model was trained and all figures are made up.",
  }),
});

/** The job as the API reports it, in camelCase. `types.generated.ts` has the same type without zod, for users. */
export type JobOutputs = z.output<typeof outputsSchema>;
