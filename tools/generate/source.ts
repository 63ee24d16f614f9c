import { z } from "zod";
import * as client from "../../provider/src/client/schemas";
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

const inputSchema = jsonSchema(inputsSchema);
const outputSchema = jsonSchema(outputsSchema);
const configuration = jsonSchema(configSchema);

/** The provider's schemas as flat maps. All generated files derive from them. */
export const providerSchemas = {
  inputs: inputSchema.properties ?? {},
  requiredInputs: inputSchema.required ?? [],
  outputs: outputSchema.properties ?? {},
  requiredOutputs: outputSchema.required ?? [],
  config: configuration.properties ?? {},
  provider: jsonSchema(providerSchema).properties ?? {},
  types: { ...inputSchema.$defs, ...outputSchema.$defs, ...configuration.$defs } as Record<string, Schema>,
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
