import { z } from "zod";
import { JobStatus } from "../enums";
import { connection } from "./inputs";
import { outputsSchema } from "./outputs";

const functionConnection = connection.optional().meta({
  description: "Server to query, and its API key. Default: the provider's configuration, then the environment.",
  secret: true,
});

const time = (what: string) =>
  z
    .union(
      [z.iso.datetime({ offset: true }), z.iso.date()],
      "expected a time as ISO 8601, such as 2026-01-31T12:00:00Z",
    )
    .optional()
    .meta({ description: `${what}, as ISO 8601: \`2026-01-31T12:00:00Z\`.` });

/** A job on the server, managed by Pulumi or not. The resource's `modelArchived` needs a second request: `getModel` returns it. */
const jobResult = outputsSchema
  .omit({ modelArchived: true })
  .extend({
    model: z.string().meta({ description: "Base model." }),
    suffix: z.string().optional().meta({ description: "Suffix in the fine-tuned model's name." }),
  })
  .meta({ id: "FineTuningJobResult", description: "A job on the server, managed by Pulumi or not." });

const modelResult = z
  .strictObject({
    modelId: z.string().meta({ description: "ID of the model." }),
    name: z.string().optional().meta({ description: "Display name of the model." }),
    description: z.string().optional().meta({ description: "Description of the model." }),
    archived: z.boolean().meta({ description: "Whether the model is archived. An archived model cannot be used." }),
    baseModel: z.string().optional().meta({ description: "Base model of a fine-tuned model." }),
    jobId: z.string().optional().meta({ description: "ID of the job that trained the model." }),
    modelType: z.string().optional().meta({ description: "Type of a fine-tuned model: `completion` or `classifier`." }),
    createdAt: z.string().optional().meta({ description: "Creation time of the model, as ISO 8601 in UTC." }),
    maxContextLength: z.number().optional().meta({ description: "Maximum length of a prompt, in tokens." }),
    aliases: z.array(z.string()).meta({ description: "Other names of the model." }),
    capabilities: z.record(z.string(), z.boolean()).meta({
      description:
        "Capabilities of the model by the API's name, such as `completion_chat`, `function_calling`, `fine_tuning` or `classification`.",
    }),
    baseUrl: z.string().meta({ description: "Base URL of the server that holds the model." }),
  })
  .meta({ id: "ModelResult", description: "A model on the server: a base model or a fine-tuned model." });

/** The arguments and the result of each function, by its name in the package's schema. The descriptions become documentation. */
export const functionSchemas = {
  getFineTuningJob: {
    description: "Returns a job by its ID. The job need not be managed by Pulumi.",
    args: z.strictObject({
      jobId: z.string().min(1).meta({ description: "ID of the job." }),
      connection: functionConnection,
    }),
    result: jobResult,
  },
  listFineTuningJobs: {
    description:
      "Returns the jobs that match all filters, newest first. Events and checkpoints are empty: `getFineTuningJob` returns them.",
    args: z.strictObject({
      model: z.string().min(1).optional().meta({ description: "Base model of the jobs." }),
      status: z
        .string()
        .min(1)
        .optional()
        .meta({ description: `Status of the jobs: ${Object.values(JobStatus).join(", ")}.` }),
      suffix: z.string().min(1).optional().meta({ description: "Suffix in the names of the fine-tuned models." }),
      wandbProject: z.string().min(1).optional().meta({ description: "Weights & Biases project of the jobs." }),
      wandbName: z.string().min(1).optional().meta({ description: "Weights & Biases run name of the jobs." }),
      createdAfter: time("Only jobs created after this time"),
      createdBefore: time("Only jobs created before this time"),
      connection: functionConnection,
    }),
    result: z.strictObject({ jobs: z.array(jobResult).meta({ description: "The jobs, newest first." }) }),
  },
  getModel: {
    description: "Returns a model by its ID, for example a fine-tuned model of another stack or a base model.",
    args: z.strictObject({
      modelId: z
        .string()
        .min(1)
        .meta({ description: "ID of the model: a job's `fineTunedModel`, or the name of a base model." }),
      connection: functionConnection,
    }),
    result: modelResult,
  },
};

export type FunctionName = keyof typeof functionSchemas;
export type FunctionArgs<Name extends FunctionName> = z.output<(typeof functionSchemas)[Name]["args"]>;
export type FunctionResult<Name extends FunctionName> = z.output<(typeof functionSchemas)[Name]["result"]>;
