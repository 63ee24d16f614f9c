import assert from "node:assert/strict";
import { describeWithEngine } from "../support/engine";
import { Remote } from "../support/remote";
import { succeeds } from "../support/results";
import { sample } from "../support/samples";
import { sequence } from "../support/sequence";
import type { Stack } from "../support/stack";

const program = `
import { FineTuningJob } from "pulumi-mistral";
const declared = { model: "open-mistral-7b", trainingFiles: ["train.jsonl"], hyperparameters: { trainingSteps: 20 } };
const long = { ...declared, hyperparameters: { trainingSteps: 1_000_000 }, waitForCompletion: false };
const all = [
  new FineTuningJob("gate", { ...declared, autoStart: false, suffix: "shared" }),
  new FineTuningJob("running", { ...long, suffix: "shared" }),
  new FineTuningJob("cancelled", long),
];
export const jobIds = all.map((job) => job.jobId);
`;

describeWithEngine("a tainted resource whose job has not finished", (engine) => {
  const step = sequence();
  let stack: Stack;
  let remote: Remote;
  let first: string[];
  const jobIds = async () => (await stack.outputs()).jobIds as string[];
  const statuses = (ids: string[]) => Promise.all(ids.map((id) => remote.statusOf(id)));

  before(async () => {
    const { url } = await engine.server({ speed: 2000 });
    remote = new Remote(url);
    stack = await engine.stack({
      files: { "index.ts": program, "train.jsonl": sample("What?") },
      config: { "mistral:baseUrl": url },
    });
    await succeeds(stack.up());
    first = await jobIds();
    await remote.cancel(first[2]);
    const { resources = [] } = await stack.state();
    for (const { urn } of resources.filter(({ type }) => type.endsWith(":FineTuningJob")))
      await succeeds(stack.cmd("state", "taint", "--yes", urn));
  });

  step("keeps the job, but retrains a job that was cancelled", async () => {
    assert.match(await succeeds(stack.preview()), /3 to replace/);
    assert.match(await succeeds(stack.up()), /3 replaced/);
    const second = await jobIds();
    assert.deepEqual(second.slice(0, 2), first.slice(0, 2));
    assert.ok(!first.includes(second[2] as string));
    assert.deepEqual(await statuses(second), ["VALIDATED", "RUNNING", "RUNNING"]);
    assert.equal((await remote.jobs()).length, 4);
  });

  step("can be destroyed afterwards, which cancels the job", async () => {
    const second = await jobIds();
    await succeeds(stack.destroy());
    assert.deepEqual(await statuses(second), ["CANCELLED", "CANCELLED", "CANCELLED"]);
    assert.deepEqual(await remote.files(), []);
  });
});
