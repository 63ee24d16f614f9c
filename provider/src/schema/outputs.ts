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
  checkpoints: z.array(checkpoint).meta({ description: "Metrics recorded during training, ordered by step." }),
  events: z.array(event).meta({ description: "The last 50 events of the job, oldest first." }),
  simulated: z.boolean().meta({
    description: "True if the server simulated the training: no model was trained and all figures are made up.",
  }),
});

/** The job as the API reports it, in camelCase. `types.generated.ts` has the same type without zod, for users. */
export type JobOutputs = z.output<typeof outputsSchema>;
