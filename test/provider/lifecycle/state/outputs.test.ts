import assert from "node:assert/strict";
import type { DetailedJob } from "../../../../provider/src/client";
import { connect } from "../../../../provider/src/lifecycle/connection/connect";
import { failureReason } from "../../../../provider/src/lifecycle/job/failureReason";
import { toOutputs } from "../../../../provider/src/lifecycle/state/outputs";
import type { Inputs } from "../../../../provider/src/schema/inputs";

const secret = 'wandb-"quoted"-0123456789';
const inputs = { model: "m", integrations: [{ type: "wandb", project: "p", apiKey: secret }] } as Inputs;
const job = {
  id: "an-id",
  model: "m",
  status: "FAILED",
  created_at: 1e20,
  events: [
    { name: "status-updated", data: { status: "FAILED", reason: `key ${secret} was refused` }, created_at: 20 },
    { name: "status-updated", data: { status: "RUNNING" }, created_at: 10 },
  ],
} as DetailedJob;

describe("outputs", () => {
  it("redact credentials that the server echoes in events, as does the failure reason", () => {
    const { events } = toOutputs(inputs, job, "http://127.0.0.1");
    assert.deepEqual(events.at(-1)?.data, { status: "FAILED", reason: "key [secret] was refused" });
    assert.match(failureReason(job, inputs), /key \[secret\] was refused/);
  });

  it("redact the key of the stack's config in events, and keep IDs that contain the key", async () => {
    const key = "key-of-the-config";
    await connect(
      {},
      {
        config: async () => (name) => ({ apiKey: key, baseUrl: "http://127.0.0.1:1" })[name],
        environment: () => undefined,
      },
    );
    const echoed = { name: "e", data: { header: `Bearer ${key}`, shown: "\u001b[2J\u202etext" }, created_at: 1 };
    const outputs = toOutputs(inputs, { ...job, id: `job-${key}`, events: [echoed] }, "http://127.0.0.1");
    assert.deepEqual(outputs.events[0]?.data, { header: "Bearer [secret]", shown: "[2Jtext" });
    assert.equal(outputs.jobId, `job-${key}`);
  });

  it("order the events, and omit an invalid time", () => {
    const { events, createdAt } = toOutputs(inputs, job, "http://127.0.0.1");
    assert.deepEqual(
      events.map((event) => event.createdAt),
      ["1970-01-01T00:00:10.000Z", "1970-01-01T00:00:20.000Z"],
    );
    assert.equal(createdAt, undefined);
  });
});
