import assert from "node:assert/strict";
import { describeWithEngine } from "../support/engine";
import { Remote } from "../support/remote";
import { fails, succeeds } from "../support/results";
import { sample } from "../support/samples";
import { sequence } from "../support/sequence";
import type { TestServer } from "../support/server";
import type { Stack } from "../support/stack";

/** A finished job and a running one. */
const program = (more = "") => `
import { FineTuningJob } from "pulumi-mistral";
const declared = {
  model: "open-mistral-7b",
  trainingFiles: ["train.jsonl"],
  hyperparameters: { trainingSteps: 20 },
  modelDeletionPolicy: "delete" as const,
  ${more}
};
const done = new FineTuningJob("done", declared);
const running = new FineTuningJob("running", {
  ...declared,
  hyperparameters: { trainingSteps: 1_000_000 },
  waitForCompletion: false,
});
export const { fineTunedModel } = done;
export const jobId = running.jobId;
`;

const [FIRST, SECOND, THIRD] = ["sk-first-1a2b3c", "sk-second-4d5e6f", "sk-third-7a8b9c"] as const;
const keyed = (key: string) => ({ speed: 2000, args: ["--api-key", key] });

describeWithEngine("a rotated API key in the stack's config", (engine) => {
  const step = sequence();
  let server: TestServer;
  let stack: Stack;
  let first: Record<string, unknown>;
  const rotate = async (key: string) => {
    await server.restart(keyed(key));
    await stack.config("mistral:apiKey", key, { secret: true });
  };
  const RED = /401[\s\S]*use the key of the last `pulumi up`: [\s\S]*add --run-program/;

  before(async () => {
    server = await engine.server(keyed(FIRST));
    stack = await engine.stack({
      files: { "index.ts": program(), "train.jsonl": sample("What?") },
      config: { "mistral:baseUrl": server.url, "mistral:apiKey": { secret: FIRST } },
    });
    await succeeds(stack.up());
    first = await stack.outputs();
    await rotate(SECOND);
  });

  step("makes a refresh fail with a hint to use --run-program", async () => {
    await fails(stack.refresh(), RED);
    await succeeds(stack.refresh("--run-program"));
    assert.equal((await stack.resource("running"))?.id, first.jobId);
  });

  step("works in a refresh after the next `up`", async () => {
    await succeeds(stack.up());
    assert.deepEqual(await stack.outputs(), first);
    assert.equal((await new Remote(server.url, SECOND).jobs()).length, 2);
    await succeeds(stack.refresh());
  });

  step("makes a destroy fail without cancelling anything, unless --run-program is set", async () => {
    await rotate(THIRD);
    const remote = new Remote(server.url, THIRD);
    await fails(stack.destroy(), RED);
    assert.equal(await remote.statusOf(first.jobId), "RUNNING");
    assert.equal(await remote.modelStatus(first.fineTunedModel), "active");
    await succeeds(stack.destroy("--run-program"));
    assert.deepEqual((await stack.state()).resources ?? [], []);
    assert.equal(await remote.statusOf(first.jobId), "CANCELLED");
    assert.equal(await remote.modelStatus(first.fineTunedModel), "deleted");
  });
});

describeWithEngine("a rotated API key in a resource's connection", (engine) => {
  it("is updated by `up` without retraining, and then refresh and destroy work", async () => {
    const server = await engine.server(keyed(FIRST));
    const own = (key: string) => program(`connection: { baseUrl: "${server.url}", apiKey: "${key}" },`);
    const stack = await engine.stack({ files: { "index.ts": own(FIRST), "train.jsonl": sample("What?") } });
    await succeeds(stack.up());
    const first = await stack.outputs();
    await server.restart(keyed(SECOND));
    const remote = new Remote(server.url, SECOND);

    const hint = /401[\s\S]*run `pulumi up` with the new connection\.apiKey first/;
    await fails(stack.refresh(), hint);
    await fails(stack.destroy(), hint);
    assert.equal(await remote.statusOf(first.jobId), "RUNNING");

    await stack.write("index.ts", own(SECOND));
    assert.match(await succeeds(stack.up()), /2 updated/);
    assert.deepEqual(await stack.outputs(), first);
    assert.equal((await remote.jobs()).length, 2);
    await succeeds(stack.refresh());
    await succeeds(stack.destroy());
    assert.equal(await remote.statusOf(first.jobId), "CANCELLED");
    assert.equal(await remote.modelStatus(first.fineTunedModel), "deleted");
  });
});
