import assert from "node:assert/strict";
import { describeWithEngine } from "../support/engine";
import { Remote } from "../support/remote";
import { succeeds } from "../support/results";
import { sample } from "../support/samples";
import { sequence } from "../support/sequence";
import type { Stack } from "../support/stack";

/** @param jobs the additional inputs of each job, by name */
const program = (jobs: Record<string, string>) => `
import { FineTuningJob } from "pulumi-mistral";
const declared = { model: "open-mistral-7b", trainingFiles: ["train.jsonl"], hyperparameters: { trainingSteps: 20 } };
const long = { ...declared, hyperparameters: { trainingSteps: 1_000_000 }, waitForCompletion: false };
export const jobs = {
${Object.entries(jobs)
  .map(([name, inputs]) => `  ${name}: new FineTuningJob("${name}", ${inputs}),`)
  .join("\n")}
};
`;

interface Exported {
  jobId: string;
  fineTunedModel?: string;
}

describeWithEngine("deleting", (engine) => {
  const step = sequence();
  let stack: Stack;
  let remote: Remote;
  const declare = (jobs: Record<string, string>) => stack.write("index.ts", program(jobs));
  const exported = async () => (await stack.outputs()).jobs as Record<string, Exported>;
  const stateIsEmpty = async () => assert.deepEqual((await stack.state()).resources ?? [], []);
  /** Returns the status of each job on the server. */
  const statuses = async (jobs: Record<string, Exported>) => {
    const all = Object.entries(jobs).map(async ([name, { jobId }]) => [name, await remote.statusOf(jobId)]);
    return Object.fromEntries(await Promise.all(all));
  };

  before(async () => {
    const { url } = await engine.server({ speed: 2000 });
    remote = new Remote(url);
    stack = await engine.stack({ files: { "train.jsonl": sample("What?") }, config: { "mistral:baseUrl": url } });
  });

  step("applies the modelDeletionPolicy to the model of a finished job", async () => {
    await declare({
      unsaid: "declared",
      retain: '{ ...declared, modelDeletionPolicy: "retain" }',
      archive: '{ ...declared, modelDeletionPolicy: "archive" }',
      delete: '{ ...declared, modelDeletionPolicy: "delete" }',
      outside: '{ ...declared, modelDeletionPolicy: "delete", triggers: [1] }',
    });
    await succeeds(stack.up());
    const jobs = await exported();
    // A model that was already deleted outside Pulumi is not an error.
    await remote.client.models.delete(jobs.outside?.fineTunedModel as string);
    await succeeds(stack.destroy());
    await stateIsEmpty();
    const modelStatuses = Object.entries(jobs).map(async ([name, job]) => [
      name,
      await remote.modelStatus(job.fineTunedModel),
    ]);
    assert.deepEqual(Object.fromEntries(await Promise.all(modelStatuses)), {
      unsaid: "active",
      retain: "active",
      archive: "archived",
      delete: "deleted",
      outside: "deleted",
    });
    assert.deepEqual(await remote.files(), []);
  });

  step("unarchives a model when `up` finds it again, and retrains the deleted one", async () => {
    await declare({
      archive: '{ ...declared, modelDeletionPolicy: "archive" }',
      delete: '{ ...declared, modelDeletionPolicy: "delete" }',
    });
    const before = (await remote.jobs()).length;
    await succeeds(stack.up());
    const { archive, delete: deleted } = await exported();
    assert.equal(await remote.modelStatus(archive?.fineTunedModel), "active");
    assert.equal(await remote.modelStatus(deleted?.fineTunedModel), "active");
    assert.equal((await remote.jobs()).length, before + 1);
    await succeeds(stack.destroy());
  });

  it("cancels a job that has not ended, with every policy, and ignores a job that was cancelled outside Pulumi", async () => {
    await declare({
      gate: "{ ...declared, autoStart: false }",
      gateDelete: '{ ...declared, autoStart: false, modelDeletionPolicy: "delete" }',
      running: "long",
      runningArchive: '{ ...long, modelDeletionPolicy: "archive" }',
      runningDelete: '{ ...long, modelDeletionPolicy: "delete" }',
      cancelled: '{ ...long, modelDeletionPolicy: "delete" }',
    });
    await succeeds(stack.up());
    const jobs = await exported();
    await remote.cancel(jobs.cancelled?.jobId);
    await succeeds(stack.destroy());
    await stateIsEmpty();
    assert.deepEqual([...new Set(Object.values(await statuses(jobs)))], ["CANCELLED"]);
    assert.deepEqual(await remote.files(), []);
  });

  it("cancels only the running job that was removed from the program, with and without `--refresh`", async () => {
    await declare({ one: "long", two: "long", three: "long" });
    await succeeds(stack.up());
    const jobs = await exported();
    await declare({ two: "long", three: "long" });
    await succeeds(stack.up());
    assert.deepEqual(await statuses(jobs), { one: "CANCELLED", two: "RUNNING", three: "RUNNING" });
    await declare({ three: "long" });
    await succeeds(stack.up("--refresh"));
    assert.deepEqual(await statuses(jobs), { one: "CANCELLED", two: "CANCELLED", three: "RUNNING" });
    await succeeds(stack.destroy("--refresh"));
    assert.deepEqual(await statuses(jobs), { one: "CANCELLED", two: "CANCELLED", three: "CANCELLED" });
    await stateIsEmpty();
  });

  for (const flags of [["--run-program"], ["--run-program", "--refresh"]]) {
    it(`cancels a running job and deletes a finished model through \`destroy ${flags.join(" ")}\``, async () => {
      await declare({ running: "long", done: '{ ...declared, modelDeletionPolicy: "delete" }' });
      await succeeds(stack.up());
      const jobs = await exported();
      assert.deepEqual(await statuses(jobs), { running: "RUNNING", done: "SUCCESS" });
      await succeeds(stack.destroy(...flags));
      await stateIsEmpty();
      assert.deepEqual(await statuses(jobs), { running: "CANCELLED", done: "SUCCESS" });
      assert.equal(await remote.modelStatus(jobs.done?.fineTunedModel), "deleted");
    });
  }
});
