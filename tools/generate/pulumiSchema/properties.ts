import { BaseModel } from "../../../provider/src/enums";
import { isObject, providerFunctions, providerSchemas, referenced, type Schema } from "../source";

/** Outputs differ from inputs: the provider has converted each data file to an object with its hash. */
export type Direction = "input" | "output";

const schemas: Record<string, Schema> = { ...providerFunctions.types, ...providerSchemas.types };

export function properties(shape: Record<string, Schema> = {}, direction: Direction): Record<string, object> {
  return Object.fromEntries(Object.entries(shape).map(([name, schema]) => [name, property(schema, direction)]));
}

function property(schema: Schema, direction: Direction): object {
  return {
    ...type(schema, direction),
    description: schema.description ?? schemas[referenced(schema) ?? ""]?.description,
    secret: schema.secret || undefined,
    willReplaceOnChanges: (direction === "input" && schema.change === "replace") || undefined,
    defaultInfo: schema.environment && { environment: schema.environment },
  };
}

function type(schema: Schema, direction: Direction): object {
  const name = referenced(schema);
  if (name) return reference(name, direction);
  if (schema.asset) return { $ref: "pulumi.json#/Asset" };
  if (schema.suggestions && direction === "input") {
    return { oneOf: [{ type: "string" }, { type: "string", $ref: typeReference(String(schema.suggestions)) }] };
  }
  if (schema.items) return { type: "array", items: type(schema.items, direction) };
  if (schema.additionalProperties) {
    return { type: "object", additionalProperties: type(schema.additionalProperties, direction) };
  }
  if (schema.const !== undefined) return { type: "string", const: schema.const };
  return typeof schema.type === "string" ? { type: schema.type } : { $ref: "pulumi.json#/Any" };
}

function reference(name: string, direction: Direction): object {
  const { shorthand, properties } = schemas[name] as Schema;
  if (!properties) return { type: "string", $ref: typeReference(name) };
  if (!shorthand) return { type: "object", $ref: typeReference(name) };
  if (direction === "output") return { type: "object", $ref: typeReference(outputType(name)) };
  return {
    oneOf: [{ type: "string" }, { $ref: "pulumi.json#/Asset" }, { type: "object", $ref: typeReference(name) }],
  };
}

/** All named types. A data file has two types: a program does not write the facts that the provider adds. */
export function namedTypes(): object {
  const models = {
    type: "string",
    description: "Names of base models. Other names are accepted too.",
    enum: Object.entries(BaseModel).map(([name, value]) => ({ name, value })),
  };
  const defined = Object.entries(schemas)
    .filter(([name]) => name !== "ModelResult")
    .flatMap(([name, schema]): [string, object][] => {
      if (!schema.shorthand) return [[token(name), namedType(schema, "input")]];
      const declared = Object.entries(schema.properties ?? {}).filter(([, property]) => !property.internal);
      return [
        [token(name), namedType({ ...schema, properties: Object.fromEntries(declared) }, "input")],
        [
          token(outputType(name)),
          namedType({ ...schema, description: `${schema.description} With its facts.` }, "output"),
        ],
      ];
    });
  return { ...Object.fromEntries(defined), [token("BaseModel")]: models };
}

function namedType(schema: Schema, direction: Direction): object {
  const { description } = schema;
  if (!isObject(schema)) return { type: "string", description, enum: (schema.enum ?? []).map((value) => ({ value })) };
  return {
    type: "object",
    description,
    properties: properties(schema.properties, direction),
    required: schema.required,
  };
}

export const token = (name: string) => `mistral:index:${name}`;
const typeReference = (name: string) => `#/types/${token(name)}`;
const outputType = (name: string) => `${name}Info`;
