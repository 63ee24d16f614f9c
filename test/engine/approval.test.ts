import assert from "node:assert/strict";
import { describeWithEngine } from "../support/engine";
import { Remote } from "../support/remote";
import { fails, succeeds } from "../support/results";
import { sample } from "../support/samples";
import { sequence } from "../support/sequence";
import type { Stack } from "../support/stack";

/** The simulated loss is lowest at the default learning rate: below 1.3 there, and above 1.7 at the other one. */
const GOOD = 1e-4;
const BAD = 1e-2;
const MOST_LOSS = 1.4;

interface Declared {
  learningRate: number;
  maxValidationLoss: number;
  onMiss: "fail" | "keepPrevious";
  policy: "archive" | "delete";
}
const FIRST: Declared = { learningRate: GOOD, maxValidationLoss: MOST_LOSS, onMiss: "fail", policy: "delete" };

/** A job, its approval, and a deployment, which depends on the approval. */
const program = ({ learningRate, maxValidationLoss, onMiss, policy }: Declared) => `
import * as pulumi from "@pulumi/pulumi";
import { FineTuningJob, ModelApproval } from "pulumi-mistral";
const job = new FineTuningJob("bot", {
  model: "open-mistral-7b",
  trainingFiles: ["train.jsonl"],
  validationFiles: ["valid.jsonl"],
  hyperparameters: { trainingSteps: 20, learningRate: ${learningRate} },
  modelDeletionPolicy: "${policy}",
});
const approval = new ModelApproval("prod", {
  jobId: job.jobId,
  maxValidationLoss: ${maxValidationLoss},
  minImprovement: 0,
  onMiss: "${onMiss}",
});
const provider: pulumi.dynamic.ResourceProvider = {
  create: async ({ model }) => ({ id: "deployment", outs: { model } }),
  diff: async (_id, olds, news) => ({ changes: olds.model !== news.model }),
  update: async (_id, _olds, { model }) => ({ outs: { model } }),
};
class Deployment extends pulumi.dynamic.Resource {
  declare readonly model: pulumi.Output<string>;
  constructor(name: string, model: pulumi.Input<string>) {
    super(provider, name, { model });
  }
}
export const { model, candidate, approved, figures, previousModel } = approval;
export const { status } = job;
export const deployed = new Deployment("deployment", approval.model).model;
`;

/** A deployment in another stack, which asks whether the model can be used. */
const reader = (reference: string, url: string) => `
import * as pulumi from "@pulumi/pulumi";
const models = new pulumi.StackReference("${reference}");
export const model = models.requireOutput("model");
export const usable = model.apply(async (id) => {
  const reply = await fetch("${url}/v1/models/" + encodeURIComponent(id));
  return reply.status === 200 && !(await reply.json()).archived;
});
`;

const FILES = { "train.jsonl": sample("What?").repeat(30), "valid.jsonl": sample("Why?") };

describeWithEngine("the approval of a model", (engine) => {
  const step = sequence();
  let stack: Stack;
  let other: Stack;
  let remote: Remote;
  let declared = FIRST;
  /** The model of each training, by its name in the titles. */
  const models: Record<"A" | "B" | "C" | "D", string> = { A: "", B: "", C: "", D: "" };

  const declare = (change: Partial<Declared>) => {
    declared = { ...declared, ...change };
    return stack.write("index.ts", program(declared));
  };
  const jobs = async () => (await remote.jobs()).length;
  const newest = async () => String((await remote.jobs())[0]?.fine_tuned_model);
  /** Asserts which model is approved: for the deployment of this stack, and for the one of another stack. */
  const assertApproved = async (model: string, approved = true) => {
    const outputs = await stack.outputs();
    assert.deepEqual([outputs.model, outputs.deployed, outputs.approved], [model, model, approved]);
    await succeeds(other.up());
    assert.deepEqual(await other.outputs(), { model, usable: true });
  };

  before(async () => {
    const { url } = await engine.server({ speed: 5000 });
    remote = new Remote(url);
    stack = await engine.stack({ files: FILES, config: { "mistral:baseUrl": url } });
    other = await engine.stack({
      project: "reader",
      beside: stack,
      files: { "index.ts": reader(stack.reference, url) },
    });
  });

  step("pass: the model of the first training, A, is approved and held", async () => {
    await declare(FIRST);
    const output = await succeeds(stack.up());
    assert.match(output, /approved ft:\S+ of fine-tuning job \S+: validation loss .*made up by the simulator/);
    models.A = await newest();
    await assertApproved(models.A);
    const [heldBy = "", ...others] = (await remote.client.models.get(models.A)).held_by ?? [];
    assert.match(heldBy, /^approval prod of stack test-project\/dev \(hold approval-[0-9a-f]{16}\)$/);
    assert.deepEqual(others, []);
  });

  step("raise: the approved model is judged again, fails, stays approved, and the revert changes nothing", async () => {
    await declare({ maxValidationLoss: 0.1 });
    await fails(stack.up(), /approved model ft:\S+ of fine-tuning job \S+ does not meet the changed thresholds/);
    assert.equal((await stack.outputs()).model, models.A);
    await declare({ maxValidationLoss: MOST_LOSS });
    await succeeds(stack.up("--expect-no-changes"));
    assert.equal(await jobs(), 1);
  });

  step(
    "miss inside a replacement: B is trained and paid once, its job stays green, and A is still deployed",
    async () => {
      await declare({ learningRate: BAD });
      const output = await fails(stack.up(), /model ft:\S+ of fine-tuning job \S+ is not approved: it misses 1 of 2/);
      assert.match(output, /missed {2}maxValidationLoss 1\.4: the validation loss is [1-9.]+/);
      assert.match(output, new RegExp(`The approved model stays ${models.A}`));
      models.B = await newest();
      assert.notEqual(models.B, models.A);
      const job = await stack.resource("bot");
      assert.deepEqual([job?.outputs?.fineTunedModel, job?.outputs?.status], [models.B, "SUCCESS"]);
      assert.equal(job?.initErrors, undefined);
      await assertApproved(models.A);
    },
  );

  step("refresh after a miss: approves nothing, and the next `up` fails again without training", async () => {
    await succeeds(stack.refresh());
    await fails(stack.up(), /is not approved: it misses 1 of 2/);
    assert.equal((await stack.outputs()).model, models.A);
    assert.equal(await remote.modelStatus(models.A), "active");
    assert.equal(await jobs(), 2);
  });

  step("revert after a miss: A's job is adopted, the approval does not change, and B is deleted", async () => {
    await declare({ learningRate: GOOD });
    const output = await succeeds(stack.up());
    assert.match(output, /adopted existing fine-tuning job/);
    assert.doesNotMatch(output, /ModelApproval\S* +prod +(updat|creat|replac)/);
    assert.equal((await stack.outputs()).model, models.A);
    assert.deepEqual(await statuses("A", "B"), ["active", "deleted"]);
    assert.equal(await jobs(), 2);
  });

  step(
    "keepPrevious: `up` succeeds with a warning, deletes A's job, and the server keeps A for its readers",
    async () => {
      await declare({ learningRate: BAD, onMiss: "keepPrevious" });
      const output = await succeeds(stack.up());
      models.C = await newest();
      assert.match(output, /warning: model ft:\S+ of fine-tuning job \S+ is not approved: it misses 1 of 2/);
      const holder = "approval prod of stack test-project/dev \\(hold approval-[0-9a-f]{16}\\)";
      const line = `model ${models.A} is held by ${holder}: the server deletes it when the hold ends`;
      assert.match(output, new RegExp(line));
      await assertApproved(models.A, false);
      assert.equal((await stack.outputs()).candidate, models.C);
      await succeeds(stack.up("--expect-no-changes"));
    },
  );

  step("lower: C is approved without training, and A stays until its readers have changed", async () => {
    await declare({ maxValidationLoss: 100, policy: "archive" });
    await succeeds(stack.up());
    assert.equal(await jobs(), 3);
    assert.deepEqual(await statuses("A", "C"), ["active", "active"]);
    assert.equal((await stack.outputs()).previousModel, models.A);
    await assertApproved(models.C);
  });

  step("next approval: the server now deletes A, and keeps C, whose job asked to archive it", async () => {
    await declare({ learningRate: 2e-4 });
    const output = await succeeds(stack.up());
    models.D = await newest();
    assert.match(output, new RegExp(`model ${models.C} is held by .*: the server archives it when the hold ends`));
    assert.deepEqual(await statuses("A", "C", "D"), ["deleted", "active", "active"]);
    await assertApproved(models.D);
  });

  step("destroy: the hold ends, and the server carries out the policies", async () => {
    await succeeds(stack.destroy());
    assert.deepEqual((await stack.state()).resources ?? [], []);
    assert.deepEqual(await statuses("C", "D"), ["archived", "archived"]);
    assert.equal(await jobs(), 4);
  });

  const statuses = (...names: (keyof typeof models)[]) =>
    Promise.all(names.map((name) => remote.modelStatus(models[name])));
});

const yaml = (maxValidationLoss: number, learningRate = GOOD) => `
name: test-project
runtime: yaml
plugins:
  providers:
    - name: mistral
      path: node_modules/.bin
resources:
  bot:
    type: mistral:FineTuningJob
    properties:
      model: open-mistral-7b
      trainingFiles: [train.jsonl]
      validationFiles: [valid.jsonl]
      hyperparameters: { trainingSteps: 20, learningRate: ${learningRate} }
      modelDeletionPolicy: delete
  prod:
    type: mistral:ModelApproval
    properties:
      jobId: \${bot.jobId}
      maxValidationLoss: ${maxValidationLoss}
outputs:
  model: \${prod.model}
`;

describeWithEngine(
  "the approval of a model by the plugin",
  (engine) => {
    const step = sequence();
    let stack: Stack;
    let remote: Remote;
    let first: string;

    step("miss of the first model: nothing is approved, and the job stays green", async () => {
      const { url } = await engine.server({ speed: 5000 });
      remote = new Remote(url);
      const files = { ...FILES, "Pulumi.yaml": yaml(0.1) };
      stack = await engine.stack({ files, config: { "mistral:baseUrl": url } });
      await fails(stack.up(), /is not approved: it misses 1 of 1[\s\S]*There is no approved model yet/);
      assert.equal((await stack.resource("bot"))?.outputs?.status, "SUCCESS");
      assert.equal(await stack.resource("prod"), undefined);
    });

    step("lower: the same model is approved without training", async () => {
      await stack.write("Pulumi.yaml", yaml(MOST_LOSS));
      await succeeds(stack.up());
      first = String((await stack.outputs()).model);
      assert.equal((await remote.jobs()).length, 1);
    });

    step("miss inside a replacement: the state keeps the approved model, and the server too", async () => {
      await stack.write("Pulumi.yaml", yaml(MOST_LOSS, BAD));
      await fails(stack.up(), /is not approved: it misses 1 of 1/);
      assert.equal((await stack.outputs()).model, first);
      assert.equal(await remote.modelStatus(first), "active");
      assert.equal((await stack.resource("bot"))?.initErrors, undefined);
    });

    step("destroy: deletes both models", async () => {
      await succeeds(stack.destroy());
      for (const { fine_tuned_model } of await remote.jobs()) {
        assert.equal(await remote.modelStatus(fine_tuned_model), "deleted");
      }
    });
  },
  ["yaml"],
);
