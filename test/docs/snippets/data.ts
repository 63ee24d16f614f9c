import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "yaml";
import { readRayConfig } from "../../../server/src/trainers/ray/rayConfig";
import { readModelsFile } from "../../../server/src/trainers/recipe/modelsFile";
import { type Block, root } from "./blocks";

// biome-ignore lint/suspicious/noExplicitAny: any field of a document may be absent
type Document = any;

const schema = JSON.parse(readFileSync(join(root, "schema.json"), "utf8"));
const jobInputs = schema.resources["mistral:index:FineTuningJob"].inputProperties;

/** One JSON text, or one per line. */
export function jsonProblem({ code }: Block): string | undefined {
  const problem = failure(() => JSON.parse(code));
  return problem && failure(() => code.split("\n").map((line) => JSON.parse(line)));
}

export function yamlProblem({ code }: Block): string | undefined {
  return failure(() => checkYaml(parse(code), code));
}

function checkYaml(document: Document, code: string): void {
  if (document.resources || document.variables || document.runtime || document.plugins) checkPulumiProgram(document);
  else if (document.on && document.jobs) checkWorkflow(document);
  else if (document.trainingFiles) known(document, jobInputs);
  else if (document.models) {
    const models: Document[] = Object.values(document.models);
    const isModelsFile = models.some((model) => typeof model === "string" || model.path);
    withFile(code, isModelsFile ? readModelsFile : readRayConfig);
  } else throw new Error("no check for this YAML: add one to test/docs/snippets/data.ts");
}

/** A Pulumi YAML program, or a part of `Pulumi.yaml`. */
function checkPulumiProgram({ resources = {}, variables = {}, plugins = {} }: Document): void {
  for (const { "fn::invoke": call } of Object.values(variables) as Document[]) {
    if (call) known(call.arguments ?? {}, functionInputs(call.function));
  }
  for (const { type, properties = {} } of Object.values(resources) as Document[]) {
    const resource = schema.resources[type.replace(/^mistral:(?!index:)/, "mistral:index:")];
    if (resource) known(properties, resource.inputProperties);
    else if (type === "pulumi:providers:mistral") known(properties, schema.provider.inputProperties);
    else throw new Error(`unknown type ${type}`);
  }
  for (const { name, path } of plugins.providers ?? []) {
    if (name !== "mistral" || typeof path !== "string") throw new Error(`invalid plugin ${name}`);
  }
}

/** The arguments of a function: `mistral:getModel` → `{modelId, connection}`. */
function functionInputs(name: string): object {
  const found = schema.functions?.[name.replace(/^mistral:(?!index:)/, "mistral:index:")];
  if (!found) throw new Error(`unknown function ${name}`);
  return found.inputs.properties;
}

function checkWorkflow({ jobs }: Document): void {
  for (const [name, job] of Object.entries(jobs) as [string, Document][]) {
    if (!job["runs-on"] || !job.steps?.length) throw new Error(`the job ${name} has no runs-on or no steps`);
    for (const step of job.steps)
      if (!step.uses === !step.run) throw new Error(`a step of ${name} has not one of uses and run`);
  }
}

function known(properties: object, names: object): void {
  const unknown = Object.keys(properties).filter((name) => !(name in names));
  if (unknown.length > 0) throw new Error(`unknown properties: ${unknown.join(", ")}`);
}

function withFile(content: string, read: (file: string) => unknown): void {
  const folder = mkdtempSync(join(tmpdir(), "docs-snippet-"));
  try {
    const file = join(folder, "file.yaml");
    writeFileSync(file, content);
    read(file);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function failure(check: () => unknown): string | undefined {
  try {
    check();
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}
