import assert from "node:assert/strict";
import type { DetailedJob } from "../../../../provider/src/client";
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

  it("order the events, and omit an invalid time", () => {
    const { events, createdAt } = toOutputs(inputs, job, "http://127.0.0.1");
    assert.deepEqual(
      events.map((event) => event.createdAt),
      ["1970-01-01T00:00:10.000Z", "1970-01-01T00:00:20.000Z"],
    );
    assert.equal(createdAt, undefined);
  });
});
