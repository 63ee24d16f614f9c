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
const plain = new FineTuningJob("plain", { ...declared, ${more} });
const named = new FineTuningJob("named", { ...declared, modelName: "Named", ${more} });
export const models = [plain.fineTunedModel, named.fineTunedModel];
`;

describeWithEngine("a model that was deleted outside Pulumi", (engine) => {
  const step = sequence();
  let stack: Stack;
  let remote: Remote;
  let models: string[];

  before(async () => {
    const { url } = await engine.server({ speed: 2000 });
    remote = new Remote(url);
    stack = await engine.stack({
      files: { "index.ts": program(), "train.jsonl": sample("What?") },
      config: { "mistral:baseUrl": url },
    });
    await succeeds(stack.up());
    models = (await stack.outputs()).models as string[];
    for (const model of models) await remote.client.models.delete(model);
  });

  step("is reported by a refresh, and removed from the state", async () => {
    const output = await succeeds(stack.refresh());
    for (const model of models) assert.match(output, new RegExp(`${model}.*(gone|deleted|no longer)`));
    for (const name of ["plain", "named"]) {
      assert.match(output, new RegExp(`FineTuningJob ${name} updated`));
      const { id, outputs } = (await stack.resource(name)) ?? {};
      assert.equal(outputs?.fineTunedModel, undefined);
      assert.equal(id, outputs?.jobId);
    }
  });

  step("is a change in the next preview, and makes `up` fail with the reason instead of retraining", async () => {
    assert.match(await succeeds(stack.preview()), /2 to update/);
    for (const flags of [[], [], ["--refresh"]]) {
      const output = await fails(stack.up(...flags), /FineTuningJob/);
      for (const model of models) assert.match(output, new RegExp(`${model}[\\s\\S]*\`triggers\``));
      assert.equal((await remote.jobs()).length, 2);
    }
  });

  step("is retrained when the program changes `triggers`", async () => {
    await stack.write("index.ts", program("triggers: [1]"));
    assert.match(await succeeds(stack.preview()), /2 to replace/);
    await succeeds(stack.up());
    const second = (await stack.outputs()).models as string[];
    for (const model of second) assert.equal(await remote.modelStatus(model), "active");
    assert.equal((await remote.jobs()).length, 4);
    await succeeds(stack.up("--expect-no-changes"));
  });

  step("does not prevent a destroy", async () => {
    for (const model of (await stack.outputs()).models as string[]) await remote.client.models.delete(model);
    await succeeds(stack.destroy("--refresh"));
    assert.deepEqual((await stack.state()).resources ?? [], []);
  });
});
