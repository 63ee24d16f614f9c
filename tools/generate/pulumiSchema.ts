import { withExamples } from "./pulumiSchema/examples";
import { languages } from "./pulumiSchema/languages";
import { namedTypes, properties, token } from "./pulumiSchema/properties";
import { pkg, pluginDownloadUrl, repository } from "./pulumiSchema/repository";
import { providerFunctions, providerSchemas, type ResourceSchema, referenced, type Schema } from "./source";

/** The package's schema in Pulumi's format, for documentation, for YAML programs and for the SDKs of other languages. */
export function pulumiSchema(): string {
  const schema = {
    name: "mistral",
    displayName: "Mistral fine-tuning",
    version: pkg.version,
    description: pkg.description,
    keywords: pkg.keywords,
    license: pkg.license,
    homepage: repository?.url,
    repository: repository?.url,
    pluginDownloadURL: pluginDownloadUrl,
    meta: { supportPack: true },
    respectSchemaVersion: true,
    config: { variables: properties(providerSchemas.config, "input") },
    provider: {
      description: "The server, its API key, and the settings of the requests.",
      inputProperties: properties(providerSchemas.provider, "input"),
    },
    types: namedTypes(),
    resources: Object.fromEntries(providerSchemas.resources.map((each) => [token(each.name), resource(each)])),
    functions: Object.fromEntries(
      providerFunctions.functions.map((each) => [token(each.name), providerFunction(each)]),
    ),
    language: languages,
  };
  return `${JSON.stringify(schema, null, 2)}\n`;
}

function resource(schema: ResourceSchema): object {
  const { name, inputs, requiredInputs } = schema;
  return {
    description: withExamples(schema.description, `${name.charAt(0).toLowerCase()}${name.slice(1)}`),
    inputProperties: properties(inputs, "input"),
    requiredInputs,
    properties: { ...properties(inputs, "output"), ...properties(schema.outputs, "output") },
    required: [...requiredInputs, ...schema.completedInputs, ...schema.requiredOutputs],
    // The type of the dynamic resource: a stack that moves to the plugin keeps its resources.
    aliases: [{ type: `pulumi-nodejs:dynamic/mistral:${name}` }],
  };
}

function providerFunction({ name, description, args, result }: (typeof providerFunctions.functions)[number]): object {
  const output = providerFunctions.types[referenced(result) ?? ""] ?? result;
  return {
    description: withExamples(description, name),
    inputs: { type: "object", ...members(args, "input") },
    outputs: { type: "object", ...members(output, "output") },
  };
}

const members = (schema: Schema, direction: "input" | "output") => ({
  properties: properties(schema.properties, direction),
  required: schema.required,
});
