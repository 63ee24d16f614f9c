import assert from "node:assert/strict";
import type { RawInputs } from "../../../provider/src/lifecycle/check";
import { diff } from "../../../provider/src/lifecycle/diff";
import { read } from "../../../provider/src/lifecycle/read";
import type { Outputs } from "../../../provider/src/lifecycle/state/outputs";
import { update } from "../../../provider/src/lifecycle/update";
import { initErrorOf, LifecycleHarness } from "../../support/lifecycle";

describe("drift of the model", () => {
  let harness: LifecycleHarness;
  before(async () => {
    harness = await LifecycleHarness.create();
  });
  after(() => harness.end());

  const refreshed = async (outputs: Outputs) => (await read(outputs.jobId, outputs, harness.host())) as Outputs;

  /** Runs a preview. Returns whether it shows a change, and its warning. */
  async function preview(name: string, olds: Outputs, inputs: RawInputs = {}) {
    const host = harness.host();
    const { changes, replaces } = diff(olds.jobId, olds, await harness.declare(name, inputs, olds), host);
    return { changes, replaces, warning: host.logged.map(({ message }) => message).join("\n") };
  }

  const up = async (name: string, olds: Outputs) =>
    update(olds.jobId, olds, await harness.declare(name, {}, olds), harness.host());

  it("archived: a refresh and the preview report it, and `up` unarchives the model", async () => {
    const { outputs } = await harness.create("archived");
    const model = outputs.fineTunedModel as string;
    await harness.client.models.archive(model);
    const state = await refreshed(outputs);
    assert.deepEqual([state.modelArchived, state.fineTunedModel], [true, model]);
    const { changes, replaces, warning } = await preview("archived", state);
    assert.deepEqual([changes, replaces], [true, []]);
    assert.match(warning, /is archived: `pulumi up` unarchives it/);
    const mended = await up("archived", state);
    assert.equal((await harness.client.models.get(model)).archived, false);
    assert.equal(mended.modelArchived, undefined);
    assert.equal((await preview("archived", mended)).changes, false);
    assert.equal((await refreshed(mended)).modelArchived, undefined);
  });

  it("deleted: the state no longer outputs the model, and nothing is paid again until `triggers` changes", async () => {
    const { outputs } = await harness.create("deleted");
    await harness.client.models.delete(outputs.fineTunedModel as string);
    const jobs = (await harness.jobs()).length;
    const state = await refreshed(outputs);
    assert.deepEqual([state.status, state.fineTunedModel], ["SUCCESS", undefined]);
    const { changes, replaces, warning } = await preview("deleted", state);
    assert.deepEqual([changes, replaces], [true, []]);
    assert.match(warning, /its model was missing at the last check: `pulumi up` checks again/);
    const error = await initErrorOf(up("deleted", state));
    assert.match(
      error.message,
      new RegExp(`${outputs.jobId} has succeeded, but ft:.* was deleted.*change \`triggers\``),
    );
    assert.equal(error.outputs.fineTunedModel, undefined);
    const again = await initErrorOf(up("deleted", await refreshed(error.outputs)));
    assert.match(again.message, /was deleted outside of Pulumi/);
    assert.equal((await harness.jobs()).length, jobs);
    assert.deepEqual((await preview("deleted", error.outputs, { triggers: [1] })).replaces, ["triggers"]);
  });

  it("deleted, detected by an update for another reason", async () => {
    const { outputs } = await harness.create("unnoticed");
    await harness.client.models.delete(outputs.fineTunedModel as string);
    const error = await initErrorOf(up("unnoticed", outputs));
    assert.match(error.message, new RegExp(`${outputs.fineTunedModel} was deleted outside`));
  });
});

describe("drift of the job", () => {
  let harness: LifecycleHarness;
  before(async () => {
    harness = await LifecycleHarness.create({ speed: 40 });
  });
  after(() => harness.end());

  it("cancelled: the preview reports that the job has ended, and `up` keeps failing", async () => {
    const inputs = { waitForCompletion: false, hyperparameters: { trainingSteps: 10_000 } };
    const { id, outputs } = await harness.create("cancelled", inputs);
    await harness.client.jobs.cancel(id);
    await harness.client.jobs.waitUntilComplete(id, { pollIntervalMs: 50 });
    const state = (await read(id, outputs, harness.host())) as Outputs;
    assert.equal(state.status, "CANCELLED");
    const host = harness.host();
    const news = await harness.declare("cancelled", inputs, state);
    assert.deepEqual(diff(id, state, news, host), { changes: true, replaces: [] });
    assert.match(host.logged[0]?.message ?? "", /has ended as CANCELLED: `pulumi up` fails until/);
    const error = await initErrorOf(update(id, state, news, host));
    assert.match(error.message, /has ended as CANCELLED/);
  });
});
