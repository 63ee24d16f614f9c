import assert from "node:assert/strict";
import { TestServer } from "../../test/support/server";
import { Stack } from "../../test/support/stack";
import { findOrGetPulumi } from "../pulumiCli";
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
      const ours = await made(cli, jobs(count), server.url);
      const theirs = await made(cli, emptyResources(count), server.url);
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

async function made(cli: Awaited<ReturnType<typeof findOrGetPulumi>>, program: string, url: string): Promise<Stack> {
  const sample = {
    messages: [
      { role: "user", content: "What?" },
      { role: "assistant", content: "This." },
    ],
  };
  const stack = await Stack.create(cli, {
    files: { "index.ts": program, "train.jsonl": `${JSON.stringify(sample)}\n` },
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
