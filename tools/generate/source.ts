import { z } from "zod";
import * as client from "../../provider/src/client/schemas";
import { approvalInputsSchema, approvalOutputsSchema } from "../../provider/src/schema/approval";
import { configSchema, providerSchema } from "../../provider/src/schema/config";
import { functionSchemas } from "../../provider/src/schema/functions";
import { inputsSchema } from "../../provider/src/schema/inputs";
import { outputsSchema } from "../../provider/src/schema/outputs";
import { modelEntry } from "../../server/src/trainers/recipe/modelsFile";

/** One property or type, as JSON Schema with the meta data of `provider/src/schema/meta.ts`. */
export type Schema = z.core.JSONSchema.JSONSchema & {
  properties?: Record<string, Schema>;
  items?: Schema;
  $defs?: Record<string, Schema>;
  additionalProperties?: Schema;
};

const jsonSchema = (schema: z.ZodType, io: "input" | "output" = "input") =>
  z.toJSONSchema(schema, { io, unrepresentable: "any" }) as Schema;

/** A resource type, its inputs and its outputs as flat maps. */
export interface ResourceSchema {
  name: string;
  description: string;
  inputs: Record<string, Schema>;
  requiredInputs: string[];
  outputs: Record<string, Schema>;
  /** Outputs that always have a value, besides the required inputs. */
  requiredOutputs: string[];
  /** Optional inputs that the provider sets, so that the outputs of the same names always have a value. */
  completedInputs: string[];
  types: Record<string, Schema>;
}

function resourceSchema(
  name: string,
  description: string,
  [inputs, outputs]: [z.ZodType, z.ZodType],
  completedInputs: string[] = [],
): ResourceSchema {
  const [declared, reported] = [jsonSchema(inputs), jsonSchema(outputs)];
  return {
    name,
    description,
    inputs: declared.properties ?? {},
    requiredInputs: declared.required ?? [],
    outputs: reported.properties ?? {},
    requiredOutputs: reported.required ?? [],
    completedInputs,
    types: { ...declared.$defs, ...reported.$defs },
  };
}

const configuration = jsonSchema(configSchema);
const fineTuningJob = resourceSchema(
  "FineTuningJob",
  "A fine-tuning job: uploads the data, runs the training and outputs the ID of the fine-tuned model.",
  [inputsSchema, outputsSchema],
  ["suffix"],
);
const modelApproval = resourceSchema(
  "ModelApproval",
  "The approval of a job's model: compares its figures with thresholds and outputs the ID of the approved model.",
  [approvalInputsSchema, approvalOutputsSchema],
);

/** The provider's schemas. All generated files derive from them. */
export const providerSchemas = {
  fineTuningJob,
  modelApproval,
  resources: [fineTuningJob, modelApproval],
  config: configuration.properties ?? {},
  provider: jsonSchema(providerSchema).properties ?? {},
  types: { ...fineTuningJob.types, ...configuration.$defs, ...modelApproval.types } as Record<string, Schema>,
};

/** The arguments and the results of the functions. `types` has the named types of their results. */
const functionsSchema = jsonSchema(
  z.object(
    Object.fromEntries(
      Object.entries(functionSchemas).map(([name, { args, result }]) => [name, z.object({ args, result })]),
    ),
  ),
);
export const providerFunctions = {
  functions: Object.entries(functionSchemas).map(([name, { description }]) => {
    const { args, result } = functionsSchema.properties?.[name]?.properties ?? {};
    return { name, description, args: args as Schema, result: result as Schema };
  }),
  types: functionsSchema.$defs as Record<string, Schema>,
};

/** One model of the server's models file. */
export const modelEntrySchema = jsonSchema(modelEntry);

/** Schemas of the API's replies, by type name. */
export const replies = jsonSchema(z.object(client), "output").$defs as Record<string, Schema>;

/** The name of the type that a schema refers to: `#/$defs/TrainingFile` → `TrainingFile` */
export const referenced = (schema: Schema) => schema.$ref?.slice("#/$defs/".length);
export const isObject = (schema: Schema) => schema.properties !== undefined;
