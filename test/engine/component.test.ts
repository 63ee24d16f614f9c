import assert from "node:assert/strict";
import { describeWithEngine } from "../support/engine";
import { succeeds } from "../support/results";
import { sample } from "../support/samples";

const program = `
import * as pulumi from "@pulumi/pulumi";
import { FineTuningJob } from "pulumi-mistral";
const declared = { model: "open-mistral-7b", trainingFiles: ["train.jsonl"], hyperparameters: { trainingSteps: 20 } };
class Bots extends pulumi.ComponentResource {
  readonly models: pulumi.Output<string | undefined>[];
  constructor(name: string) {
    super("test:index:Bots", name);
    const first = new FineTuningJob("first", declared, { parent: this });
    const second = new FineTuningJob("second", { ...declared, triggers: [first.fineTunedModel] }, { parent: this });
    const third = new FineTuningJob("third", declared, { parent: this, dependsOn: second });
    this.models = [first, second, third].map((job) => job.fineTunedModel);
    this.registerOutputs({ models: this.models });
  }
}
const bots = new Bots("bots");
const after = new FineTuningJob("after", declared, { dependsOn: bots });
export const models = [...bots.models, after.fineTunedModel];
`;

describeWithEngine("a component with several jobs", (engine) => {
  it("trains all jobs, including jobs that depend on others, and changes nothing in a second `up`", async () => {
    const { url } = await engine.server({ speed: 2000 });
    const stack = await engine.stack({
      files: { "index.ts": program, "train.jsonl": sample("What?") },
      config: { "mistral:baseUrl": url },
    });
    await succeeds(stack.up());
    const models = (await stack.outputs()).models as string[];
    assert.equal(new Set(models).size, 4);
    assert.ok(models.every((model) => model.startsWith("ft:open-mistral-7b:")));
    await succeeds(stack.up("--expect-no-changes"));
  });
});
