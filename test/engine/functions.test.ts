import assert from "node:assert/strict";
import { MistralClient } from "../../provider/src/client";
import { describeWithEngine } from "../support/engine";
import { sample } from "../support/samples";

describeWithEngine("jobs that the stack does not manage", (engine) => {
  it("can be looked up, listed, and read as a resource", async () => {
    const server = await engine.server({ speed: 10_000 });
    const client = new MistralClient({ baseUrl: server.url });
    const file = await client.files.upload({ name: "train.jsonl", content: sample("What?") });
    const { id } = await client.jobs.create({
      model: "open-mistral-7b",
      training_files: [file.id],
      hyperparameters: { training_steps: 2 },
      suffix: "elsewhere",
      auto_start: true,
    });
    const { fine_tuned_model } = await client.jobs.waitUntilComplete(id, { pollIntervalMs: 100 });
    const stack = await engine.stack({
      config: { "mistral:baseUrl": server.url },
      files: {
        "index.ts": `
import * as pulumi from "@pulumi/pulumi";
import { FineTuningJob, getFineTuningJob, getFineTuningJobOutput, getFineTuningJobs, getModel, getModelOutput } from "pulumi-mistral";
const jobId = "${id}";
export const found = getFineTuningJob({ jobId }).then((job) => job.fineTunedModel);
export const lifted = getFineTuningJobOutput({ jobId: pulumi.output(jobId) }).suffix;
export const listed = getFineTuningJobs({ suffix: "elsewhere", status: "SUCCESS" }).then((jobs) => jobs.map((job) => job.jobId));
export const none = getFineTuningJobs({ suffix: "nobody" }).then((jobs) => jobs.length);
export const baseModel = getModel({ modelId: "${fine_tuned_model}" }).then((model) => model.baseModel);
export const archived = getModelOutput({ modelId: pulumi.output("${fine_tuned_model}") }).archived;
const existing = FineTuningJob.get("existing", jobId);
export const { status, fineTunedModel } = existing;
`,
      },
    });
    const { code, output } = await stack.up();
    assert.equal(code, 0, output);
    assert.deepEqual(await stack.outputs(), {
      found: fine_tuned_model,
      lifted: "elsewhere",
      listed: [id],
      none: 0,
      baseModel: "open-mistral-7b",
      archived: false,
      status: "SUCCESS",
      fineTunedModel: fine_tuned_model,
    });
    assert.equal((await stack.destroy()).code, 0);
    assert.equal((await client.jobs.get(id)).status, "SUCCESS");
  });
});
