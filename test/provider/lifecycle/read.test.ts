import assert from "node:assert/strict";
import { read } from "../../../provider/src/lifecycle/read";
import type { Outputs } from "../../../provider/src/lifecycle/state/outputs";
import { TestHost } from "../../support/host";
import { LifecycleHarness } from "../../support/lifecycle";

describe("read", () => {
  let harness: LifecycleHarness;
  let state: Outputs;
  before(async () => {
    harness = await LifecycleHarness.create();
    state = (await harness.create("job")).outputs;
  });
  after(() => harness.end());

  it("updates the state", async () => {
    const stale = { ...state, status: "RUNNING", fineTunedModel: undefined };
    const fresh = await read(state.jobId, stale as unknown as Outputs, harness.host());
    assert.equal(fresh?.status, "SUCCESS");
    assert.equal(fresh?.fineTunedModel, state.fineTunedModel);
    assert.deepEqual(fresh?.trainingFiles, state.trainingFiles);
  });

  it("reports a job as gone when its own server answers 404", async () => {
    const id = "00000000-0000-4000-8000-000000000000";
    const gone = { ...state, jobId: id, fineTunedModel: "ft:open-mistral-7b:none:20260101:00000000" };
    assert.equal(await read(id, gone, harness.host()), undefined);
  });

  it("keeps a job that the server has deleted while its model exists", async () => {
    const id = "00000000-0000-4000-8000-000000000000";
    assert.deepEqual(await read(id, state, harness.host()), state);
  });

  it("fails when another server answers 404", async () => {
    const id = "00000000-0000-4000-8000-000000000000";
    const elsewhere = { ...state, baseUrl: "https://api.mistral.ai" };
    await assert.rejects(
      read(id, elsewhere, harness.host()),
      /fine-tuning job .* does not exist on .*api\.mistral\.ai/,
    );
  });

  it("distinguishes servers with the same host", async () => {
    const id = "00000000-0000-4000-8000-000000000000";
    await assert.rejects(read(id, { ...state, baseUrl: `${harness.url}/team-a` }, harness.host()), /does not exist on/);
  });

  it("fails when the API is unreachable", async () => {
    const host = new TestHost({ baseUrl: "http://127.0.0.1:1", maxRetries: "0" });
    await assert.rejects(read(state.jobId, state, host), /127\.0\.0\.1:1/);
  });
});
