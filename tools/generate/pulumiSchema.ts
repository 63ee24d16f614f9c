import { readFileSync } from "node:fs";
import { join } from "node:path";
import { BaseModel } from "../../provider/src/enums";
import { isObject, providerSchemas, referenced, type Schema } from "./source";

const root = join(__dirname, "../..");
const pkg = JSON.parse(readFileSync(join(root, "provider/package.json"), "utf8"));

/** The package's schema in Pulumi's format, for documentation and for SDKs of other languages. */
export function pulumiSchema(): string {
  const schema = {
    name: "mistral",
    displayName: "Mistral fine-tuning",
    version: pkg.version,
    description: pkg.description,
    keywords: pkg.keywords,
    license: pkg.license,
    meta: { supportPack: true },
    respectSchemaVersion: true,
    config: { variables: config() },
    provider: { description: "The base URL of the API and the API key.", inputProperties: config() },
    types: types(),
    resources: { "mistral:index:FineTuningJob": resource() },
    language: { nodejs: { packageName: pkg.name } },
  };
  return `${JSON.stringify(schema, null, 2)}\n`;
}

function resource(): object {
  return {
    description: "A fine-tuning job: uploads the data, runs the training and outputs the ID of the fine-tuned model.",
    inputProperties: properties(providerSchemas.inputs),
    requiredInputs: providerSchemas.requiredInputs,
    properties: { ...properties(providerSchemas.inputs), ...properties(providerSchemas.outputs) },
    required: [...providerSchemas.requiredInputs, "suffix", ...providerSchemas.requiredOutputs],
  };
}

function config(): object {
  return properties(providerSchemas.config);
}

function types(): object {
  const models = {
    type: "string",
    description: "Names of base models. Other names are accepted too.",
    enum: Object.entries(BaseModel).map(([name, value]) => ({ name, value })),
  };
  const defined = Object.entries(providerSchemas.types).map(([name, schema]) => [
    token(name),
    isObject(schema)
      ? {
          type: "object",
          description: schema.description,
          properties: properties(schema.properties ?? {}),
          required: schema.required,
        }
      : { type: "string", description: schema.description, enum: (schema.enum ?? []).map((value) => ({ value })) },
  ]);
  return { ...Object.fromEntries(defined), [token("BaseModel")]: models };
}

function properties(schemas: Record<string, Schema>): Record<string, object> {
  return Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, property(schema)]));
}

function property(schema: Schema): object {
  const secret = schema.secret || undefined;
  const replaces = schema.change === "replace" || undefined;
  return {
    ...type(schema),
    description: schema.description ?? providerSchemas.types[referenced(schema) ?? ""]?.description,
    secret,
    willReplaceOnChanges: replaces,
    defaultInfo: schema.environment && { environment: schema.environment },
  };
}

function type(schema: Schema): object {
  const name = referenced(schema);
  if (name) {
    const reference = {
      type: isObject(providerSchemas.types[name] as Schema) ? "object" : "string",
      $ref: `#/types/${token(name)}`,
    };
    if (!providerSchemas.types[name]?.shorthand) return reference;
    return { oneOf: [{ type: "string" }, { $ref: "pulumi.json#/Asset" }, reference] };
  }
  if (schema.asset) return { $ref: "pulumi.json#/Asset" };
  if (schema.suggestions) {
    return { oneOf: [{ type: "string" }, { type: "string", $ref: `#/types/${token(String(schema.suggestions))}` }] };
  }
  if (schema.items) return { type: "array", items: type(schema.items) };
  if (schema.additionalProperties) {
    return { type: "object", additionalProperties: type(schema.additionalProperties) };
  }
  if (schema.const !== undefined) return { type: "string", const: schema.const };
  return typeof schema.type === "string" ? { type: schema.type } : { $ref: "pulumi.json#/Any" };
}

const token = (name: string) => `mistral:index:${name}`;
