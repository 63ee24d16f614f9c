import { readFileSync } from "node:fs";
import { join } from "node:path";
import { BaseModel } from "../../provider/src/enums";
import { isObject, referenced, type Schema, source } from "./source";

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
    provider: { description: "Where the API is, and the key for it.", inputProperties: config() },
    types: types(),
    resources: { "mistral:index:FineTuningJob": resource() },
    language: { nodejs: { packageName: pkg.name } },
  };
  return `${JSON.stringify(schema, null, 2)}\n`;
}

function resource(): object {
  return {
    description: "A fine-tuning job: it uploads the data, trains, and gives the ID of the fine-tuned model.",
    inputProperties: properties(source.inputs),
    requiredInputs: source.requiredInputs,
    properties: { ...properties(source.inputs), ...properties(source.outputs) },
    required: [...source.requiredInputs, "suffix", ...source.requiredOutputs],
  };
}

function config(): object {
  return properties(source.config);
}

function types(): object {
  const models = {
    type: "string",
    description: "Names of base models; any other name is accepted too.",
    enum: Object.entries(BaseModel).map(([name, value]) => ({ name, value })),
  };
  const defined = Object.entries(source.types).map(([name, schema]) => [
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
    description: schema.description ?? source.types[referenced(schema) ?? ""]?.description,
    secret,
    willReplaceOnChanges: replaces,
    defaultInfo: schema.environment && { environment: schema.environment },
  };
}

function type(schema: Schema): object {
  const name = referenced(schema);
  if (name) {
    const reference = {
      type: isObject(source.types[name] as Schema) ? "object" : "string",
      $ref: `#/types/${token(name)}`,
    };
    if (!source.types[name]?.shorthand) return reference;
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
