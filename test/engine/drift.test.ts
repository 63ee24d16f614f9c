import assert from "node:assert/strict";
import { describeWithEngine } from "../support/engine";
import { Remote } from "../support/remote";
import { fails, succeeds } from "../support/results";
import { sample } from "../support/samples";
import { sequence } from "../support/sequence";
import type { Stack } from "../support/stack";

const program = (more = "") => `
import { FineTuningJob } from "pulumi-mistral";
const declared = { model: "open-mistral-7b", trainingFiles: ["train.jsonl"], hyperparameters: { trainingSteps: 20 } };
const running = new FineTuningJob("running", {
  ...declared,
  hyperparameters: { trainingSteps: 1_000_000 },
  waitForCompletion: false,
  ${more}
});
const named = new FineTuningJob("named", { ...declared, modelName: "Support", modelDescription: "Answers" });
const gate = new FineTuningJob("gate", { ...declared, autoStart: false });
export const { jobId, status } = running;
export const { fineTunedModel } = named;
export const gateId = gate.jobId;
export const gateStatus = gate.status;
`;

describeWithEngine("changes outside Pulumi", (engine) => {
  const step = sequence();
  let stack: Stack;
  let remote: Remote;
  let first: Record<string, unknown>;

  before(async () => {
    const { url } = await engine.server({ speed: 2000 });
    remote = new Remote(url);
    stack = await engine.stack({
      files: { "index.ts": program(), "train.jsonl": sample("What?") },
      config: { "mistral:baseUrl": url },
    });
    await succeeds(stack.up());
    first = await stack.outputs();
  });

  step("to a model's name and description are shown and reverted", async () => {
    const model = first.fineTunedModel as string;
    await remote.client.models.update(model, { name: "Somebody's", description: "Else" });
    const refresh = await succeeds(stack.refresh("--diff"));
    assert.match(refresh, /~ modelDescription +: "Answers" => "Else"/);
    assert.match(refresh, /~ modelName +: "Support" => "Somebody's"/);
    assert.match(await succeeds(stack.preview()), /FineTuningJob named update/);
    assert.match(await succeeds(stack.up()), /FineTuningJob named updated/);
    const { name, description } = await remote.client.models.get(model);
    assert.deepEqual({ name, description }, { name: "Support", description: "Answers" });
    assert.doesNotMatch(await succeeds(stack.refresh()), /FineTuningJob named updated/);
    assert.doesNotMatch(await succeeds(stack.preview()), /FineTuningJob named update/);
  });

  step("are shown when somebody started a validated job, and no second job is started", async () => {
    await remote.client.jobs.start(first.gateId as string);
    await remote.client.jobs.waitUntilComplete(first.gateId as string, { pollIntervalMs: 50 });
    await succeeds(stack.refresh());
    assert.equal((await stack.resource("gate"))?.outputs?.status, "SUCCESS");
    assert.doesNotMatch(await succeeds(stack.up()), /FineTuningJob gate (updat|replac|creat)/);
    assert.equal((await stack.outputs()).gateStatus, "SUCCESS");
    assert.equal((await remote.jobs()).length, 3);
  });

  step("are shown in the preview when somebody cancelled a running job, and `up` fails with the reason", async () => {
    await remote.cancel(first.jobId);
    await succeeds(stack.refresh());
    assert.equal((await stack.resource("running"))?.outputs?.status, "CANCELLED");
    const preview = await succeeds(stack.preview());
    assert.match(preview, /FineTuningJob running update/);
    assert.match(preview, /1 to update/);
    for (const _ of ["first", "second"]) {
      await fails(stack.up(), new RegExp(`fine-tuning job ${first.jobId} has ended as CANCELLED[\\s\\S]*\`triggers\``));
      assert.equal((await remote.jobs()).length, 3);
    }
  });

  step("allow retraining the cancelled job with a changed `triggers`", async () => {
    await stack.write("index.ts", program("triggers: [1],"));
    assert.match(await succeeds(stack.preview()), /1 to replace/);
    await succeeds(stack.up());
    const { jobId } = await stack.outputs();
    assert.notEqual(jobId, first.jobId);
    assert.equal(await remote.statusOf(jobId), "RUNNING");
    assert.equal((await remote.jobs()).length, 4);
    await succeeds(stack.destroy());
  });
});
