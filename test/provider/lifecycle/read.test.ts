import assert from "node:assert/strict";
import { read } from "../../../provider/src/lifecycle/read";
import type { Outputs } from "../../../provider/src/lifecycle/state/outputs";
import { TestHost } from "../../support/host";
import { World } from "../../support/lifecycle";

describe("read", () => {
  let world: World;
  let state: Outputs;
  before(async () => {
    world = await World.create();
    state = (await world.create("job")).outputs;
  });
  after(() => world.end());

  it("updates the state", async () => {
    const stale = { ...state, status: "RUNNING", fineTunedModel: undefined };
    const fresh = await read(state.jobId, stale as unknown as Outputs, world.host());
    assert.equal(fresh?.status, "SUCCESS");
    assert.equal(fresh?.fineTunedModel, state.fineTunedModel);
    assert.deepEqual(fresh?.trainingFiles, state.trainingFiles);
  });

  it("reports a job as gone when its own server answers 404", async () => {
    const id = "00000000-0000-4000-8000-000000000000";
    const gone = { ...state, jobId: id, fineTunedModel: "ft:open-mistral-7b:none:20260101:00000000" };
    assert.equal(await read(id, gone, world.host()), undefined);
  });

  it("keeps a job without a record while its model exists", async () => {
    const id = "00000000-0000-4000-8000-000000000000";
    assert.deepEqual(await read(id, state, world.host()), state);
  });

  it("fails when another server answers 404", async () => {
    const id = "00000000-0000-4000-8000-000000000000";
    const elsewhere = { ...state, baseUrl: "https://api.mistral.ai" };
    await assert.rejects(read(id, elsewhere, world.host()), /fine-tuning job .* does not exist on .*api\.mistral\.ai/);
  });

  it("distinguishes servers with the same host", async () => {
    const id = "00000000-0000-4000-8000-000000000000";
    await assert.rejects(read(id, { ...state, baseUrl: `${world.url}/team-a` }, world.host()), /does not exist on/);
  });

  it("fails when the API is unreachable", async () => {
    const host = new TestHost({ baseUrl: "http://127.0.0.1:1", maxRetries: "0" });
    await assert.rejects(read(state.jobId, state, host), /127\.0\.0\.1:1/);
  });
});
