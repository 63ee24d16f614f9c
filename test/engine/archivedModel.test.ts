import assert from "node:assert/strict";
import { describeWithEngine } from "../support/engine";
import { Remote } from "../support/remote";
import { succeeds } from "../support/results";
import { sample } from "../support/samples";

const program = `
import { FineTuningJob } from "pulumi-mistral";
const job = new FineTuningJob("bot", {
  model: "open-mistral-7b",
  trainingFiles: ["train.jsonl"],
  hyperparameters: { trainingSteps: 20 },
});
export const { fineTunedModel } = job;
`;

describeWithEngine("a model that was archived outside Pulumi", (engine) => {
  it("is reported by a refresh, shown in the next preview, and unarchived by `up` without retraining", async () => {
    const { url } = await engine.server({ speed: 2000 });
    const remote = new Remote(url);
    const stack = await engine.stack({
      files: { "index.ts": program, "train.jsonl": sample("What?") },
      config: { "mistral:baseUrl": url },
    });
    await succeeds(stack.up());
    const model = (await stack.outputs()).fineTunedModel as string;
    await remote.client.models.archive(model);

    const refresh = await succeeds(stack.refresh());
    assert.match(refresh, /FineTuningJob bot updated/);
    assert.match(refresh, /archived/);
    assert.match(await succeeds(stack.preview()), /FineTuningJob bot update/);
    await succeeds(stack.up());
    assert.equal(await remote.modelStatus(model), "active");
    assert.equal((await stack.outputs()).fineTunedModel, model);
    assert.equal((await remote.jobs()).length, 1);
    await succeeds(stack.refresh("--expect-no-changes"));
    await succeeds(stack.up("--expect-no-changes"));
  });
});
