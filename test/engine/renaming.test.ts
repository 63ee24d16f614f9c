import assert from "node:assert/strict";
import { describeWithEngine } from "../support/engine";
import { Remote } from "../support/remote";
import { succeeds } from "../support/results";
import { sample } from "../support/samples";
import { sequence } from "../support/sequence";
import type { Stack } from "../support/stack";

/** A finished job, a job with an explicit suffix, a job at the review gate, and a running job. */
const program = (names: string[], { setup = "", options = (_: number): string => "{}" } = {}) => `
import * as pulumi from "@pulumi/pulumi";
import { FineTuningJob } from "pulumi-mistral";
const declared = { model: "open-mistral-7b", trainingFiles: ["train.jsonl"], hyperparameters: { trainingSteps: 20 } };
const long = { ...declared, hyperparameters: { trainingSteps: 1_000_000 }, waitForCompletion: false };
${setup}
const all = [
  new FineTuningJob("${names[0]}", declared, ${options(0)}),
  new FineTuningJob("${names[1]}", { ...declared, suffix: "explicit" }, ${options(1)}),
  new FineTuningJob("${names[2]}", { ...declared, autoStart: false }, ${options(2)}),
  new FineTuningJob("${names[3]}", long, ${options(3)}),
];
export const jobIds = all.map((job) => job.jobId);
`;

const OLD = ["done", "named", "gate", "running"];
const NEW = ["finished", "labelled", "resting", "training"];

describeWithEngine("a renamed resource", (engine) => {
  const step = sequence();
  let stack: Stack;
  let remote: Remote;
  let jobIds: string[];

  const statuses = () => Promise.all(jobIds.map((id) => remote.statusOf(id)));
  /** Asserts that the preview shows no replacement, and that `up` neither changes nor creates a job. */
  const trainsNothing = async () => {
    const preview = await succeeds(stack.preview());
    assert.doesNotMatch(preview, /FineTuningJob \S+ +(create|replace|delete)/);
    const output = await succeeds(stack.up());
    assert.doesNotMatch(output, /FineTuningJob \S+ +(create|replace|delete)|adopted/);
    assert.deepEqual((await stack.outputs()).jobIds, jobIds);
    assert.deepEqual(await statuses(), ["SUCCESS", "SUCCESS", "VALIDATED", "RUNNING"]);
    assert.equal((await remote.jobs()).length, 4);
  };

  before(async () => {
    const { url } = await engine.server({ speed: 2000 });
    remote = new Remote(url);
    stack = await engine.stack({
      files: { "index.ts": program(OLD), "train.jsonl": sample("What?") },
      config: { "mistral:baseUrl": url },
    });
    await succeeds(stack.up());
    jobIds = (await stack.outputs()).jobIds as string[];
    assert.equal(new Set(jobIds).size, 4);
  });

  step("does not retrain with a new name and the old name as an alias", async () => {
    const options = (index: number) => `{ aliases: [{ name: "${OLD[index]}" }] }`;
    await stack.write("index.ts", program(NEW, { options }));
    await trainsNothing();
  });

  step("does not retrain when the aliases are removed afterwards", async () => {
    await stack.write("index.ts", program(NEW));
    await trainsNothing();
  });

  step("does not retrain under a new parent", async () => {
    const setup = 'const team = (name: string) => new pulumi.ComponentResource("test:index:Team", name);';
    const options = (index: number) =>
      `{ parent: team("team-${index}"), aliases: [{ parent: pulumi.rootStackResource }] }`;
    await stack.write("index.ts", program(NEW, { setup, options }));
    await trainsNothing();
    const { resources = [] } = await stack.state();
    assert.equal(resources.filter(({ urn }) => urn.includes("test:index:Team$pulumi-nodejs:dynamic")).length, 4);
  });

  step("does not retrain in a renamed stack", async () => {
    await succeeds(stack.cmd("stack", "rename", "renamed"));
    await trainsNothing();
    const { resources = [] } = await stack.state();
    assert.ok(resources.every(({ urn }) => urn.startsWith("urn:pulumi:renamed::")));
  });

  step("does not retrain in a renamed project", async () => {
    await succeeds(stack.cmd("stack", "rename", "organization/other-project/renamed"));
    await stack.write("Pulumi.yaml", "name: other-project\nruntime: nodejs\n");
    await succeeds(stack.cmd("stack", "select", "renamed"));
    await trainsNothing();
  });

  step("is refreshed, shown and cancelled under its new URN", async () => {
    await succeeds(stack.refresh());
    await trainsNothing();
    await succeeds(stack.destroy("--refresh"));
    assert.deepEqual(await statuses(), ["SUCCESS", "SUCCESS", "CANCELLED", "CANCELLED"]);
    assert.deepEqual((await stack.state()).resources ?? [], []);
  });
});
