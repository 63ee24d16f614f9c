import assert from "node:assert/strict";
import { resolve } from "node:path";
import { TestServer } from "../../test/support/server";
import { Stack } from "../../test/support/stack";
import { findOrGetPulumi, type PulumiCli } from "../pulumiCli";
import { withLanguageHosts } from "../pulumiCli/languageHosts";
import { type Comparison, compare } from "./compare";

const ROUNDS = 7;

const jobs = (count: number) => `
import { FineTuningJob } from "pulumi-mistral";
for (let index = 0; index < ${count}; index++) {
  new FineTuningJob("job-" + index, {
    model: "open-mistral-7b",
    trainingFiles: ["train.jsonl"],
    hyperparameters: { trainingSteps: 10 },
  });
}
`;

const emptyResources = (count: number) => `
import * as pulumi from "@pulumi/pulumi";
const provider: pulumi.dynamic.ResourceProvider = { async create() { return { id: "empty" }; } };
class Empty extends pulumi.dynamic.Resource {
  constructor(name: string) { super(provider, name, {}); }
}
for (let index = 0; index < ${count}; index++) new Empty("empty-" + index);
`;

const project = (runtime: string) => `name: test-project
runtime: ${runtime}
plugins:
  providers:
    - name: mistral
      path: ${resolve(__dirname, "../../node_modules/.bin")}
`;

/** The plugin's resource, in a program of the same shape as the other two. */
const pluginJobs = (count: number) => `
import * as pulumi from "@pulumi/pulumi";
class FineTuningJob extends pulumi.CustomResource {
  constructor(name: string, inputs: pulumi.Inputs) { super("mistral:index:FineTuningJob", name, inputs); }
}
for (let index = 0; index < ${count}; index++) {
  new FineTuningJob("job-" + index, {
    model: "open-mistral-7b",
    trainingFiles: ["train.jsonl"],
    hyperparameters: { trainingSteps: 10 },
  });
}
`;

const yamlJobs = (count: number) => `${project("yaml")}resources:
${Array.from(
  { length: count },
  (_, index) => `  job-${index}:
    type: mistral:FineTuningJob
    properties:
      model: open-mistral-7b
      trainingFiles: [train.jsonl]
      hyperparameters:
        trainingSteps: 10
`,
).join("")}`;

/** Measures `pulumi up` without changes of 100 jobs with the plugin, from a program in TypeScript and one in YAML. */
export async function pluginUpWithoutChanges(): Promise<Comparison[]> {
  const context = { env: process.env, log: console.log };
  const cli = await withLanguageHosts(await findOrGetPulumi(context), ["yaml"], context);
  const server = await TestServer.start({ speed: 100_000 });
  const results: Comparison[] = [];
  const theirs = await made(cli, { "index.ts": emptyResources(100) }, server.url);
  try {
    for (const [what, files, aim] of [
      ["100 × the plugin's FineTuningJob", { "Pulumi.yaml": project("nodejs"), "index.ts": pluginJobs(100) }, "≤ 1.0"],
      ["100 × the plugin's FineTuningJob, in YAML", { "Pulumi.yaml": yamlJobs(100) }, "≤ 1.0"],
    ] as const) {
      const about = {
        what: `\`pulumi up\` without changes, ${what}`,
        against: "100 × an empty dynamic resource",
        unit: "s",
        aim,
      };
      const ours = await made(cli, files, server.url);
      results.push(
        await compare(
          about,
          () => seconds(ours),
          () => seconds(theirs),
          ROUNDS,
        ),
      );
      await ours.remove();
    }
  } finally {
    await theirs.remove();
    await server.stopAndRemove();
  }
  return results;
}

/** Measures `pulumi up` without changes, which runs on every deployment. */
export async function upWithoutChanges(): Promise<Comparison[]> {
  const cli = await findOrGetPulumi();
  const server = await TestServer.start({ speed: 100_000 });
  const results: Comparison[] = [];
  try {
    for (const [count, aim] of [
      [1, "≤ 1.1"],
      [100, "≤ 1.2"],
    ] as const) {
      const about = {
        what: `\`pulumi up\` without changes, ${count} × FineTuningJob`,
        against: `${count} × an empty dynamic resource`,
        unit: "s",
        aim,
      };
      const ours = await made(cli, { "index.ts": jobs(count) }, server.url);
      const theirs = await made(cli, { "index.ts": emptyResources(count) }, server.url);
      results.push(
        await compare(
          about,
          () => seconds(ours),
          () => seconds(theirs),
          ROUNDS,
        ),
      );
      await ours.remove();
      await theirs.remove();
    }
  } finally {
    await server.stopAndRemove();
  }
  return results;
}

async function made(cli: PulumiCli, program: Record<string, string>, url: string): Promise<Stack> {
  const sample = {
    messages: [
      { role: "user", content: "What?" },
      { role: "assistant", content: "This." },
    ],
  };
  const stack = await Stack.create(cli, {
    files: { ...program, "train.jsonl": `${JSON.stringify(sample)}\n` },
    env: { MISTRAL_BASE_URL: url },
  });
  const { code, output } = await stack.up();
  assert.equal(code, 0, output);
  return stack;
}

async function seconds(stack: Stack): Promise<number> {
  const result = await stack.up("--expect-no-changes");
  assert.equal(result.code, 0, result.output);
  return result.seconds;
}
