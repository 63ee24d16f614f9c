import { withExamples } from "./pulumiSchema/examples";
import { languages } from "./pulumiSchema/languages";
import { namedTypes, properties, token } from "./pulumiSchema/properties";
import { pkg, pluginDownloadUrl, repository } from "./pulumiSchema/repository";
import { providerFunctions, providerSchemas, referenced, type Schema } from "./source";

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
    resources: { [token("FineTuningJob")]: resource() },
    functions: Object.fromEntries(
      providerFunctions.functions.map((each) => [token(each.name), providerFunction(each)]),
    ),
    language: languages,
  };
  return `${JSON.stringify(schema, null, 2)}\n`;
}

function resource(): object {
  return {
    description: withExamples(
      "A fine-tuning job: uploads the data, runs the training and outputs the ID of the fine-tuned model.",
      "fineTuningJob",
    ),
    inputProperties: properties(providerSchemas.inputs, "input"),
    requiredInputs: providerSchemas.requiredInputs,
    properties: {
      ...properties(providerSchemas.inputs, "output"),
      ...properties(providerSchemas.outputs, "output"),
    },
    required: [...providerSchemas.requiredInputs, "suffix", ...providerSchemas.requiredOutputs],
    // The type of the dynamic resource: a stack that moves to the plugin keeps its jobs.
    aliases: [{ type: "pulumi-nodejs:dynamic/mistral:FineTuningJob" }],
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
