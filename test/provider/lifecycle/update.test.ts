import assert from "node:assert/strict";
import type { Outputs } from "../../../provider/src/lifecycle/outputs";
import { update } from "../../../provider/src/lifecycle/update";
import { initErrorOf, World } from "../../support/lifecycle";

describe("update", () => {
  let world: World;
  before(async () => {
    world = await World.create();
  });
  after(() => world.end());

  /** A further `pulumi up`, in a process of its own, of a resource that stands. */
  const again = async (name: string, olds: Outputs, inputs = {}) =>
    update(olds.jobId, olds, await world.declare(name, inputs, olds), world.host());

  it("takes up a wait that was not waited for", async () => {
    const { outputs } = await world.create("no-wait", { waitForCompletion: false });
    const updated = await again("no-wait", outputs);
    assert.equal(updated.status, "SUCCESS");
    assert.equal(updated.jobId, outputs.jobId);
  });

  it("starts the very job that rested, once it is to start", async () => {
    const { outputs } = await world.create("gate", { autoStart: false });
    const updated = await again("gate", outputs);
    assert.deepEqual([updated.jobId, updated.status], [outputs.jobId, "SUCCESS"]);
  });

  it("starts the very job that was too dear, once maxCost is raised", async () => {
    const { outputs } = await initErrorOf(world.create("dear", { maxCost: 0.01 }));
    const stillDear = await initErrorOf(again("dear", outputs, { maxCost: 0.02 }));
    assert.equal(stillDear.outputs.status, "VALIDATED");
    const updated = await again("dear", outputs, { maxCost: 1000 });
    assert.deepEqual([updated.jobId, updated.status], [outputs.jobId, "SUCCESS"]);
  });

  it("renames the model in place", async () => {
    const { outputs } = await world.create("named", { modelName: "Old" });
    const updated = await again("named", outputs, { modelName: "New", modelDescription: "Described" });
    assert.equal(updated.jobId, outputs.jobId);
    const model = await world.client.models.get(updated.fineTunedModel as string);
    assert.deepEqual([model.name, model.description], ["New", "Described"]);
  });

  it("says again why a failed job failed, and creates no other", async () => {
    const inputs = { hyperparameters: { trainingSteps: 20, learningRate: 0.5 } };
    const { outputs } = await initErrorOf(world.create("failed", inputs));
    const before = (await world.jobs()).length;
    const error = await initErrorOf(again("failed", outputs, inputs));
    assert.match(error.message, /ended as FAILED[\s\S]*diverged/);
    assert.equal((await world.jobs()).length, before);
  });
});
