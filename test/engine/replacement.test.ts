import assert from "node:assert/strict";
import { describeWithEngine } from "../support/engine";
import { Remote } from "../support/remote";
import { fails, succeeds } from "../support/results";
import { sample } from "../support/samples";
import { sequence } from "../support/sequence";
import type { Stack } from "../support/stack";

/** A job, and a deployment of its model. On each change, the deployment checks whether the old and the new model are usable. */
const program = (hyperparameters: string) => `
import * as pulumi from "@pulumi/pulumi";
import { FineTuningJob } from "pulumi-mistral";
const url = new pulumi.Config("mistral").require("baseUrl");
const look = async (model: string) => {
  const { status } = await fetch(url + "/v1/models/" + encodeURIComponent(model));
  return status;
};
const deployment: pulumi.dynamic.ResourceProvider = {
  async create({ model }) {
    return { id: "deployment", outs: { model, seen: [await look(model)] } };
  },
  async diff(_id, olds, news) {
    return { changes: olds.model !== news.model };
  },
  async update(_id, olds, { model }) {
    return { outs: { model, seen: [await look(olds.model), await look(model)] } };
  },
};
class Deployment extends pulumi.dynamic.Resource {
  declare readonly model: pulumi.Output<string>;
  declare readonly seen: pulumi.Output<number[]>;
  constructor(name: string, model: pulumi.Input<string | undefined>) {
    super(deployment, name, { model, seen: undefined });
  }
}
const job = new FineTuningJob("bot", {
  model: "open-mistral-7b",
  trainingFiles: ["train.jsonl"],
  hyperparameters: ${hyperparameters},
  modelDeletionPolicy: "delete",
});
export const { jobId, fineTunedModel } = job;
export const { model: deployed, seen } = new Deployment("deployment", job.fineTunedModel);
`;

const FIRST = "{ trainingSteps: 20 }";
/** A training of 200 simulated seconds, 5 real ones. */
const SLOW = "{ trainingSteps: 100 }";
const DIVERGING = "{ trainingSteps: 20, learningRate: 0.2 }";
const MENDED = "{ trainingSteps: 20, learningRate: 0.01 }";

describeWithEngine("a replacement", (engine) => {
  const step = sequence();
  let stack: Stack;
  let remote: Remote;
  let first: Record<string, unknown>;
  let second: Record<string, unknown>;
  const declare = (hyperparameters: string) => stack.write("index.ts", program(hyperparameters));

  before(async () => {
    const { url } = await engine.server({ speed: 40 });
    remote = new Remote(url);
    stack = await engine.stack({ files: { "train.jsonl": sample("What?") }, config: { "mistral:baseUrl": url } });
    await declare(FIRST);
    await succeeds(stack.up());
    first = await stack.outputs();
    assert.deepEqual(first.seen, [200]);
  });

  step("keeps the old model usable, and in the outputs, while the new one trains", async () => {
    await declare(SLOW);
    const up = stack.spawn("up", "--yes", "--skip-preview");
    await up.waitFor(/RUNNING: step \d+ of 100/);
    assert.equal(await remote.modelStatus(first.fineTunedModel), "active");
    assert.deepEqual(await stack.outputs(), first);
    assert.match(await succeeds(up.result), /1 replaced/);
  });

  step("gives the dependents the new model before it deletes the old one", async () => {
    second = await stack.outputs();
    assert.notEqual(second.fineTunedModel, first.fineTunedModel);
    assert.equal(second.deployed, second.fineTunedModel);
    assert.deepEqual(second.seen, [200, 200]);
    assert.equal(await remote.modelStatus(first.fineTunedModel), "deleted");
    assert.equal(await remote.modelStatus(second.fineTunedModel), "active");
  });

  step("keeps the old model when the new training fails, even after several runs of `up`", async () => {
    await declare(DIVERGING);
    for (const _ of ["first", "second"]) {
      await fails(stack.up(), /has ended as FAILED[\s\S]*correct the inputs or the data/);
      assert.equal(await remote.modelStatus(second.fineTunedModel), "active");
      assert.equal((await stack.outputs()).deployed, second.deployed);
      assert.equal((await remote.jobs()).length, 3);
    }
  });

  step("restores the old model when the change is reverted", async () => {
    await declare(SLOW);
    assert.match(await succeeds(stack.up()), new RegExp(`adopted existing fine-tuning job ${second.jobId}`));
    assert.deepEqual(await stack.outputs(), second);
    assert.equal(await remote.modelStatus(second.fineTunedModel), "active");
    assert.equal((await remote.jobs()).length, 3);
    assert.equal(await jobsInState(stack), 1);
  });

  step("deletes the old model once corrected inputs have been trained after a failure", async () => {
    await declare(DIVERGING);
    await fails(stack.up(), /has ended as FAILED/);
    assert.equal(await jobsInState(stack), 2);
    await declare(MENDED);
    await succeeds(stack.up());
    const third = await stack.outputs();
    assert.equal(third.deployed, third.fineTunedModel);
    assert.deepEqual(third.seen, [200, 200]);
    assert.equal(await remote.modelStatus(second.fineTunedModel), "deleted");
    assert.equal(await remote.modelStatus(third.fineTunedModel), "active");
    assert.equal(await jobsInState(stack), 1);
    await succeeds(stack.up("--expect-no-changes"));
  });
});

/** Includes entries that are pending deletion. */
async function jobsInState(stack: Stack): Promise<number> {
  const { resources = [] } = await stack.state();
  return resources.filter(({ type }) => type.endsWith(":FineTuningJob")).length;
}
