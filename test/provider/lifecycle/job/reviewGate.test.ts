import assert from "node:assert/strict";
import type { DetailedJob } from "../../../../provider/src/client";
import { reviewGateLine } from "../../../../provider/src/lifecycle/job/reviewGate";
import { LifecycleHarness } from "../../../support/lifecycle";

const job = (details: Partial<DetailedJob>) => ({ id: "job-1", status: "VALIDATED", ...details }) as DetailedJob;

describe("a job at its review gate", () => {
  let harness: LifecycleHarness;
  before(async () => {
    harness = await LifecycleHarness.create();
  });
  after(() => harness.end());

  it("is reported once, with its cost, its steps, its id and how to start it", async () => {
    const host = harness.host();
    const { id, outputs } = await harness.create("gate", { autoStart: false }, host);
    const lines = host.logged.filter(({ message }) => message.startsWith("validated"));
    const message = `validated: ${outputs.cost?.toFixed(2)} USD, 20 steps; set \`autoStart: true\` to start fine-tuning job ${id}`;
    assert.deepEqual(lines, [{ message, importance: "milestone" }]);
    assert.ok(!("fineTunedModel" in outputs));
  });

  it("is not reported when the job starts automatically", async () => {
    const host = harness.host();
    await harness.create("started", {}, host);
    assert.ok(!host.logged.some(({ message }) => message.includes("autoStart")));
  });

  it("has an unknown cost when the server reports none", () => {
    assert.equal(
      reviewGateLine(job({ hyperparameters: { training_steps: 1 } })),
      "validated: cost unknown, 1 step; set `autoStart: true` to start fine-tuning job job-1",
    );
  });

  it("leaves out the steps and the currency that the server does not report", () => {
    assert.equal(
      reviewGateLine(job({ metadata: { cost: 13.105 } })),
      "validated: 13.11; set `autoStart: true` to start fine-tuning job job-1",
    );
  });
});
