import assert from "node:assert/strict";
import { create } from "../../../provider/src/lifecycle/create";
import { diff } from "../../../provider/src/lifecycle/diff";
import { read } from "../../../provider/src/lifecycle/read";
import type { Outputs } from "../../../provider/src/lifecycle/state/outputs";
import { update } from "../../../provider/src/lifecycle/update";
import { initErrorOf, LifecycleHarness } from "../../support/lifecycle";
import { sample } from "../../support/samples";

describe("update", () => {
  let harness: LifecycleHarness;
  before(async () => {
    harness = await LifecycleHarness.create();
  });
  after(() => harness.end());

  /** Runs another `pulumi up`, in a new process, for an existing resource. */
  const again = async (name: string, olds: Outputs, inputs = {}) =>
    update(olds.jobId, olds, await harness.declare(name, inputs, olds), harness.host());

  it("waits for a job that was created without waiting", async () => {
    const { outputs } = await harness.create("no-wait", { waitForCompletion: false });
    const updated = await again("no-wait", outputs);
    assert.equal(updated.status, "SUCCESS");
    assert.equal(updated.jobId, outputs.jobId);
  });

  it("starts the same job in VALIDATED when autoStart is set", async () => {
    const { outputs } = await harness.create("gate", { autoStart: false });
    const updated = await again("gate", outputs);
    assert.deepEqual([updated.jobId, updated.status], [outputs.jobId, "SUCCESS"]);
  });

  it("starts the same job when maxCost is raised", async () => {
    const trainingFiles = [await harness.file("dear.jsonl", sample("Dear?"))];
    // The preview of a job on this server knows the exact cost, and would fail first.
    const inputs = { ...(await harness.declare("dear", { trainingFiles })), maxCost: 0.01 };
    const { outputs } = await initErrorOf(create(inputs, harness.host()));
    const stillDear = await initErrorOf(again("dear", outputs, { trainingFiles, maxCost: 0.02 }));
    assert.equal(stillDear.outputs.status, "VALIDATED");
    const updated = await again("dear", outputs, { trainingFiles, maxCost: 1000 });
    assert.deepEqual([updated.jobId, updated.status], [outputs.jobId, "SUCCESS"]);
  });

  it("renames the model in place", async () => {
    const { outputs } = await harness.create("named", { modelName: "Old" });
    const updated = await again("named", outputs, { modelName: "New", modelDescription: "Described" });
    assert.equal(updated.jobId, outputs.jobId);
    const model = await harness.client.models.get(updated.fineTunedModel as string);
    assert.deepEqual([model.name, model.description], ["New", "Described"]);
  });

  it("names the model of a job that finished without a wait, also after a refresh", async () => {
    const named = { modelName: "Named", waitForCompletion: false };
    const { outputs } = await harness.create("late-name", named);
    assert.equal(outputs.modelName, undefined);
    await harness.client.jobs.waitUntilComplete(outputs.jobId, { pollIntervalMs: 50 });
    const refreshed = (await read(outputs.jobId, outputs, harness.host())) as Outputs;
    assert.equal(refreshed.status, "SUCCESS");
    const news = await harness.declare("late-name", named, refreshed);
    assert.deepEqual(diff(outputs.jobId, refreshed, news, harness.host()), { changes: true, replaces: [] });
    const updated = await again("late-name", refreshed, named);
    assert.equal(updated.modelName, "Named");
    assert.equal((await harness.client.models.get(updated.fineTunedModel as string)).name, "Named");
  });

  it("detects a model that was renamed outside Pulumi, and restores its name", async () => {
    const { outputs } = await harness.create("drift", { modelName: "Ours" });
    await harness.client.models.update(outputs.fineTunedModel as string, { name: "Theirs" });
    const refreshed = (await read(outputs.jobId, outputs, harness.host())) as Outputs;
    assert.equal(refreshed.modelName, "Theirs");
    assert.equal((await again("drift", refreshed, { modelName: "Ours" })).modelName, "Ours");
    assert.equal((await harness.client.models.get(outputs.fineTunedModel as string)).name, "Ours");
  });

  it("renames the model of a job that the server has deleted", async () => {
    const { outputs } = await harness.create("gone", { modelName: "Old" });
    const gone = { ...outputs, jobId: "00000000-0000-4000-8000-000000000000" };
    const updated = await again("gone", gone, { modelName: "New" });
    assert.deepEqual([updated.modelName, updated.status], ["New", "SUCCESS"]);
    const elsewhere = { ...gone, baseUrl: "https://api.mistral.ai" };
    await assert.rejects(again("gone", elsewhere, { modelName: "Newer" }), /the state records it on https:\/\/api/);
  });

  it("forgets an input that the program no longer declares, also when the server has deleted the job", async () => {
    const { outputs } = await harness.create("removed", { modelDescription: "a secret" });
    const gone = { ...outputs, jobId: "00000000-0000-4000-8000-000000000000" };
    const news = await harness.declare("removed", {}, gone);
    const updated = await update(gone.jobId, gone, news, harness.host());
    assert.equal(updated.modelDescription, undefined);
    assert.deepEqual([updated.fineTunedModel, updated.events], [outputs.fineTunedModel, outputs.events]);
    assert.deepEqual(diff(gone.jobId, updated, news, harness.host()), { changes: false, replaces: [] });
  });

  it("forgets it also when the wait is interrupted before the first poll", async () => {
    const { outputs } = await harness.create("removed-early", { autoStart: false });
    const olds = { ...outputs, connection: { apiKey: "a secret", baseUrl: harness.url } };
    const host = harness.host();
    host.controller.abort();
    const news = await harness.declare("removed-early", {}, olds);
    const error = await initErrorOf(update(olds.jobId, olds, news, host));
    assert.equal(error.outputs.connection, undefined);
    assert.deepEqual([error.outputs.jobId, error.outputs.status], [olds.jobId, "VALIDATED"]);
  });

  it("repeats why a failed job failed, and creates no other job", async () => {
    const inputs = { hyperparameters: { trainingSteps: 20, learningRate: 0.5 } };
    const { outputs } = await initErrorOf(harness.create("failed", inputs));
    const before = (await harness.jobs()).length;
    const error = await initErrorOf(again("failed", outputs, inputs));
    assert.match(error.message, /ended as FAILED[\s\S]*diverged/);
    assert.equal((await harness.jobs()).length, before);
  });
});
