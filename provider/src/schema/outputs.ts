import { z } from "zod";
import { JobStatus } from "../enums";

const timestamp = (what: string) =>
  z
    .string()
    .optional()
    .meta({ description: `${what}, as ISO 8601 in UTC.` });

const checkpoint = z
  .strictObject({
    stepNumber: z.int().meta({ description: "The training step of the checkpoint." }),
    trainLoss: z.number().optional().meta({ description: "Loss on the training data." }),
    validLoss: z.number().optional().meta({ description: "Loss on the validation data." }),
    validMeanTokenAccuracy: z
      .number()
      .optional()
      .meta({ description: "Mean token accuracy on the validation data, 0 to 1." }),
    createdAt: timestamp("When the checkpoint was written"),
  })
  .meta({ id: "Checkpoint", description: "Metrics at one step of the training." });

const event = z
  .strictObject({
    name: z.string().meta({ description: "What happened, for instance `status-updated`." }),
    data: z.unknown().optional().meta({ description: "Details, as the server gives them." }),
    createdAt: timestamp("When it happened"),
  })
  .meta({ id: "JobEvent", description: "Something that happened to the job." });

/** What the resource learns from the API, besides the inputs that it gives back. */
export const outputsSchema = z.strictObject({
  jobId: z.string().meta({ description: "ID of the fine-tuning job." }),
  status: z.string().meta({ description: `Status of the job: ${Object.values(JobStatus).join(", ")}.` }),
  fineTunedModel: z
    .string()
    .optional()
    .meta({ description: "ID of the fine-tuned model, once the job has succeeded." }),
  modelArchived: z
    .boolean()
    .optional()
    .meta({ description: "True while the fine-tuned model is archived; `pulumi up` makes it usable again." }),
  artifactUrl: z.string().optional().meta({
    description:
      "Where the fine-tuned adapter can be downloaded as a tar archive, with the server's key; only a server of your own that really trains has one.",
  }),
  baseUrl: z.string().meta({ description: "URL of the server that has the job." }),
  trainingFileIds: z.array(z.string()).meta({ description: "IDs of the training files." }),
  validationFileIds: z.array(z.string()).meta({ description: "IDs of the validation files." }),
  createdAt: timestamp("When the job was created"),
  modifiedAt: timestamp("When the job last changed"),
  trainedTokens: z.int().optional().meta({ description: "Number of tokens trained on." }),
  cost: z.number().optional().meta({ description: "What the job costs, in `costCurrency`, as the server says." }),
  costCurrency: z.string().optional().meta({ description: "Currency of `cost`." }),
  expectedDurationSeconds: z.number().optional().meta({ description: "Expected duration of the training in seconds." }),
  trainLoss: z.number().optional().meta({ description: "Loss on the training data at the last checkpoint." }),
  validLoss: z.number().optional().meta({ description: "Loss on the validation data at the last checkpoint." }),
  checkpoints: z.array(checkpoint).meta({ description: "Metrics during the training, in the order of their steps." }),
  events: z.array(event).meta({ description: "The last 50 events of the job, the oldest first." }),
  simulated: z
    .boolean()
    .meta({ description: "True when a simulated trainer made the figures up: nothing was trained." }),
});

/** What the API says of the job, in the provider's words; for users, `types.generated.ts` has the same without zod. */
export type JobOutputs = z.output<typeof outputsSchema>;
