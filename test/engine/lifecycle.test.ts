import assert from "node:assert/strict";
import { rename } from "node:fs/promises";
import { join } from "node:path";
import { MistralClient } from "../../provider/src/client";
import { describeWithEngine } from "../support/engine";
import { succeeds } from "../support/results";
import { sample } from "../support/samples";
import { sequence } from "../support/sequence";
import type { Stack } from "../support/stack";

const program = (more = "", file = "train.jsonl") => `
import { FineTuningJob } from "pulumi-mistral";
const job = new FineTuningJob("bot", {
  model: "open-mistral-7b",
  trainingFiles: ["${file}"],
  hyperparameters: { trainingSteps: 20 },
  ${more}
});
export const { jobId, fineTunedModel, status, simulated, checkpoints, suffix } = job;
`;

describeWithEngine("a FineTuningJob on the real engine", (engine) => {
  const step = sequence();
  let stack: Stack;
  let client: MistralClient;
  let first: Record<string, unknown>;

  before(async () => {
    const server = await engine.server({ speed: 2000 });
    client = new MistralClient({ baseUrl: server.url });
    stack = await engine.stack({
      files: { "index.ts": program(), "train.jsonl": sample("What?") },
      config: { "mistral:baseUrl": server.url },
    });
  });

  const jobCount = async () => (await client.jobs.list()).total;

  step("creates nothing in a preview, which shows the suffix but no outputs", async () => {
    const output = await succeeds(stack.preview());
    assert.match(output, /FineTuningJob bot create/);
    assert.equal(await jobCount(), 0);
    assert.equal((await client.files.list()).data.length, 0);
  });

  step("trains, shows progress on the resource's line, and outputs the model's ID", async () => {
    const output = await succeeds(stack.up());
    assert.match(output, /FineTuningJob bot .*(RUNNING|SUCCESS)/);
    first = await stack.outputs();
    assert.match(first.fineTunedModel as string, /^ft:open-mistral-7b:bot-[0-9a-f]{7}:\d{8}:[0-9a-f]{8}$/);
    assert.equal(first.status, "SUCCESS");
    assert.equal(first.simulated, true);
    const job = await client.jobs.get(first.jobId as string);
    assert.equal(job.fine_tuned_model, first.fineTunedModel);
  });

  step("changes nothing in a second `up`, and a refresh finds no drift", async () => {
    assert.match(await succeeds(stack.up("--expect-no-changes")), /2 unchanged/);
    assert.match(await succeeds(stack.refresh("--expect-no-changes")), /2 unchanged/);
    assert.equal(await jobCount(), 1);
  });

  step("feeds a second stack through a StackReference", async () => {
    const reader = await engine.stack({
      beside: stack,
      project: "reader",
      files: {
        "index.ts": `
import * as pulumi from "@pulumi/pulumi";
export const model = new pulumi.StackReference("${stack.reference}").requireOutput("fineTunedModel");
`,
      },
    });
    await succeeds(reader.up());
    assert.equal((await reader.outputs()).model, first.fineTunedModel);
  });

  step("does not retrain when the data file moves", async () => {
    await rename(join(stack.folder, "train.jsonl"), join(stack.folder, "moved.jsonl"));
    await stack.write("index.ts", program("", "moved.jsonl"));
    await succeeds(stack.up("--expect-no-changes"));
    assert.equal(await jobCount(), 1);
  });

  step("shows no change when only the inputs for waiting change", async () => {
    await stack.write("index.ts", program("pollInterval: 7, waitForCompletion: false, maxCost: 1000,", "moved.jsonl"));
    await succeeds(stack.up("--expect-no-changes"));
  });

  step("renames the model in place", async () => {
    await stack.write("index.ts", program('modelName: "Support bot",', "moved.jsonl"));
    assert.match(await succeeds(stack.up()), /1 updated/);
    assert.equal((await stack.outputs()).jobId, first.jobId);
    assert.equal((await client.models.get(first.fineTunedModel as string)).name, "Support bot");
  });

  step("replaces the job when the content of a data file changes, and retains the old model", async () => {
    await stack.write("moved.jsonl", sample("What else?"));
    assert.match(await succeeds(stack.preview()), /FineTuningJob bot replace \[diff: ~suffix,trainingFiles\]/);
    assert.match(await succeeds(stack.up()), /1 replaced/);
    const second = await stack.outputs();
    assert.notEqual(second.jobId, first.jobId);
    assert.notEqual(second.suffix, first.suffix);
    assert.equal(await jobCount(), 2);
    await client.models.get(first.fineTunedModel as string);
  });

  step("keeps the finished job in a forced replacement, and reports how to retrain", async () => {
    const { jobId } = await stack.outputs();
    const { resources = [] } = await stack.state();
    const { urn } = resources.find(({ type }) => type.endsWith(":FineTuningJob")) ?? { urn: "" };
    assert.match(await succeeds(stack.up("--replace", urn)), /adopted existing fine-tuning job .*`triggers`/);
    assert.equal((await stack.outputs()).jobId, jobId);
    assert.equal(await jobCount(), 2);
  });

  step("leaves only the retained models after a destroy", async () => {
    await succeeds(stack.destroy());
    assert.deepEqual((await stack.state()).resources ?? [], []);
    assert.equal((await client.files.list()).data.length, 0);
    await client.models.get(first.fineTunedModel as string);
  });

  step("finds the retained model again after the destroy", async () => {
    assert.match(await succeeds(stack.up()), /adopted existing/);
    assert.equal(await jobCount(), 2);
  });
});
