import assert from "node:assert/strict";
import { checkApproval } from "../../../../provider/src/lifecycle/approval/check";
import { createApproval } from "../../../../provider/src/lifecycle/approval/create";
import { removeApproval } from "../../../../provider/src/lifecycle/approval/delete";
import { diffApproval } from "../../../../provider/src/lifecycle/approval/diff";
import { readApproval } from "../../../../provider/src/lifecycle/approval/read";
import { updateApproval } from "../../../../provider/src/lifecycle/approval/update";
import { remove } from "../../../../provider/src/lifecycle/delete";
import type { Outputs } from "../../../../provider/src/lifecycle/state/outputs";
import type { ApprovalInputs, ApprovalState } from "../../../../provider/src/schema/approval";
import { Receiver, SECRET } from "../../../server/webhooks/receiver";
import { eventually } from "../../../support/eventually";
import type { TestHost } from "../../../support/host";
import { LifecycleHarness } from "../../../support/lifecycle";
import { sample } from "../../../support/samples";

const URN = "urn:pulumi:dev::project::pulumi-nodejs:dynamic/mistral:ModelApproval::prod";

type Declared = Partial<ApprovalInputs> & { jobId: string };

describe("approving a job's model", () => {
  let harness: LifecycleHarness;
  let receiver: Receiver;
  let first: Outputs;
  let second: Outputs;
  /** Figures of the first job's model. */
  let loss: number;

  before(async () => {
    receiver = await new Receiver().start();
    harness = await LifecycleHarness.create({ webhooks: { webhooks: [receiver.url], webhookSecret: SECRET } });
    first = await train("first");
    second = await train("second");
    loss = first.evaluation?.tuned?.validLoss as number;
    assert.ok(loss > 0, "the job has an evaluation");
  });
  after(async () => {
    await harness.end();
    await receiver.stop();
  });

  const train = async (name: string, more: object = {}) => {
    const validationFiles = [await harness.file("validation.jsonl", sample("Why?"))];
    const inputs = { validationFiles, modelDeletionPolicy: "delete", triggers: [name], ...more };
    return (await harness.create(name, inputs)).outputs;
  };

  async function declare(declared: Declared, olds: object = {}, urn = URN): Promise<ApprovalInputs> {
    const { inputs, problems } = await checkApproval(
      { ...olds },
      { ...declared, __urn: urn, __organization: "organization" },
      harness.host(),
    );
    assert.deepEqual(problems, []);
    return inputs as ApprovalInputs;
  }

  /** Creates an approval with a hold of its own. */
  async function approve(declared: Declared, name: string, host = harness.host()) {
    const inputs = await declare(declared, {}, URN.replace("prod", name));
    return { inputs, ...(await createApproval(inputs, host)) };
  }

  async function change(
    { id, outputs }: { id: string; outputs: ApprovalState },
    declared: Declared,
    host: TestHost = harness.host(),
  ): Promise<ApprovalState> {
    return updateApproval(id, outputs, await declare(declared, outputs), host);
  }

  const held = (holder: string) => harness.client.holds.get(holder).then(({ models }) => models);

  it("approves a model that meets all thresholds, and holds it", async () => {
    const host = harness.host();
    const { id, outputs } = await approve(
      { jobId: first.jobId, minImprovement: 0, maxValidationLoss: loss },
      "pass",
      host,
    );
    assert.match(id, /^approval-[0-9a-f]{16}$/);
    const { model, candidate, approved, figures } = outputs;
    assert.deepEqual([model, candidate, approved], [first.fineTunedModel, first.fineTunedModel, true]);
    assert.equal(figures.source, "evaluation");
    assert.equal(figures.simulated, true);
    assert.equal(figures.tuned.validLoss, loss);
    assert.deepEqual(await held(id), [first.fineTunedModel]);
    assert.match(host.logged.at(-1)?.message ?? "", /^approved ft:.*: validation loss .* → .*made up by the simulator/);
  });

  it("fails on a miss with each threshold, its value and the measured one", async () => {
    const declared = { jobId: first.jobId, maxValidationLoss: loss - 0.1, minTokenAccuracy: 0 };
    await assert.rejects(approve(declared, "miss"), (error: Error) => {
      assert.match(
        error.message,
        new RegExp(`model ${first.fineTunedModel} of fine-tuning job ${first.jobId} is not approved`),
      );
      assert.match(error.message, /misses 1 of 2/);
      assert.match(error.message, /missed {2}maxValidationLoss \S+: the validation loss is \S+/);
      assert.match(error.message, /met {5}minTokenAccuracy 0: the token accuracy is/);
      assert.match(error.message, /There is no approved model yet/);
      return true;
    });
  });

  it("has the server notify of a miss, once for the same one", async () => {
    const declared = { jobId: first.jobId, maxValidationLoss: 0.001, minTokenAccuracy: 1 };
    await assert.rejects(approve(declared, "notified"), /misses 2 of 2/);
    await assert.rejects(approve(declared, "notified"), /misses 2 of 2/);
    await assert.rejects(approve({ ...declared, minTokenAccuracy: 0 }, "notified"), /misses 1 of 2/);
    const misses = () =>
      receiver.received.filter(({ type, data }) => type === "approval.missed" && / notified /.test(data.description));
    await eventually("both notifications", async () => misses().length > 1 || undefined);
    assert.deepEqual(
      misses()
        .map(({ data }) => data.thresholds.length)
        .sort(),
      [1, 2],
    );
    const notified = misses().find(({ data }) => data.thresholds.length === 2)?.data;
    const { job_id, model, description, thresholds } = notified;
    assert.deepEqual([job_id, model], [first.jobId, first.fineTunedModel]);
    assert.equal(description, "approval notified of stack project/dev");
    assert.match(String(thresholds), /^validation loss \S+ is above 0\.001,token accuracy 0\.\d+ is below 1$/);
  });

  it("keeps the approved model's state on a miss, and approves the same candidate after a lower threshold", async () => {
    const approval = await approve({ jobId: first.jobId, maxValidationLoss: 100 }, "lower");
    const strict = { jobId: second.jobId, maxValidationLoss: 0.001 };
    await assert.rejects(change(approval, strict), new RegExp(`The approved model stays ${first.fineTunedModel}`));
    assert.deepEqual(await held(approval.id), [first.fineTunedModel]);
    // A revert of the program.
    const reverted = await declare(
      { jobId: first.jobId, maxValidationLoss: 100 },
      approval.outputs,
      URN.replace("prod", "lower"),
    );
    assert.equal(diffApproval(approval.id, { ...approval.outputs }, { ...reverted }, harness.host()).changes, false);
    const state = await change(approval, { jobId: second.jobId, maxValidationLoss: 100 });
    assert.deepEqual([state.model, state.previousModel], [second.fineTunedModel, first.fineTunedModel]);
    assert.deepEqual(await held(approval.id), [second.fineTunedModel, first.fineTunedModel]);
  });

  it("judges the approved model again when a threshold is raised, and says so", async () => {
    const approval = await approve({ jobId: first.jobId, minTokenAccuracy: 0 }, "raise");
    const raised = { jobId: first.jobId, minTokenAccuracy: 1 };
    await assert.rejects(
      change(approval, raised),
      new RegExp(`^Error: approved model ${first.fineTunedModel} of .* does not meet`),
    );
  });

  it("keeps the previous model with a warning", async () => {
    const approval = await approve({ jobId: first.jobId, minTokenAccuracy: 0 }, "keep");
    const host = harness.host();
    const news = { jobId: second.jobId, minTokenAccuracy: 1, onMiss: "keepPrevious" } as const;
    const state = await change(approval, news, host);
    const { model, candidate, approved, jobId } = state;
    assert.deepEqual(
      [model, candidate, approved, jobId],
      [first.fineTunedModel, second.fineTunedModel, false, second.jobId],
    );
    assert.deepEqual(
      host.logged.map(({ importance }) => importance),
      ["warning"],
    );
    assert.deepEqual(await held(approval.id), [first.fineTunedModel]);
    const lowered = await change({ id: approval.id, outputs: state }, { ...news, minTokenAccuracy: 0 });
    assert.deepEqual([lowered.model, lowered.approved], [second.fineTunedModel, true]);
  });

  it("fails with keepPrevious while no model was approved", async () => {
    const declared = { jobId: first.jobId, minTokenAccuracy: 1, onMiss: "keepPrevious" } as const;
    await assert.rejects(approve(declared, "nothing"), /no model was approved before, so there is none to keep/);
  });

  it("lets the approved model outlive its job until the hold ends", async () => {
    const job = await train("outlive");
    const approval = await approve({ jobId: job.jobId, minTokenAccuracy: 0 }, "outlive");
    await remove(job.jobId, job, harness.host());
    assert.ok(await harness.client.models.get(job.fineTunedModel as string));
    const state = await change(approval, { jobId: first.jobId, minTokenAccuracy: 0 });
    assert.equal(state.previousModel, job.fineTunedModel);
    assert.ok(await harness.client.models.get(job.fineTunedModel as string));
    await removeApproval(approval.id, state, harness.host());
    await assert.rejects(harness.client.models.get(job.fineTunedModel as string), { name: "NotFoundError" });
    await assert.rejects(held(approval.id), { name: "NotFoundError" });
  });

  it("keeps the hold when an entry of the state is replaced by one with the same hold", async () => {
    const approval = await approve({ jobId: first.jobId, minTokenAccuracy: 0 }, "replace");
    const host = harness.host();
    const again = await createApproval({ ...approval.inputs, jobId: second.jobId }, host);
    assert.equal(again.id, approval.id);
    await removeApproval(approval.id, approval.outputs, host);
    assert.deepEqual(await held(approval.id), [second.fineTunedModel, first.fineTunedModel]);
  });

  it("never judges in a refresh, and warns when the approved model is gone", async () => {
    const { id, outputs } = await approve({ jobId: first.jobId, minTokenAccuracy: 0 }, "refresh");
    assert.deepEqual(await readApproval(id, outputs, harness.host()), outputs);
    const host = harness.host();
    const gone = { ...outputs, model: "ft:gone" };
    assert.deepEqual(await readApproval(id, gone, host), gone);
    assert.match(host.logged[0]?.message ?? "", /approved model ft:gone was deleted outside of Pulumi/);
    const { model } = (await readApproval(id, {}, harness.host())) ?? {};
    assert.equal(model, first.fineTunedModel);
    assert.equal(await readApproval("approval-0000000000000000", {}, harness.host()), undefined);
  });

  it("compares with a baseline model", async () => {
    const base = await approve({ jobId: first.jobId, minImprovement: 0, baselineModel: "open-mistral-7b" }, "base");
    assert.deepEqual(base.outputs.figures.baseline, base.outputs.figures.base);
    const same = { jobId: first.jobId, minImprovement: 0.1, baselineModel: first.fineTunedModel as string };
    await assert.rejects(
      approve(same, "same"),
      /missed {2}minImprovement 0.1: the improvement of the validation loss is 0/,
    );
  });

  it("counts minImprovement as met when the approved model has become its own baseline", async () => {
    const approval = await approve({ jobId: first.jobId, minTokenAccuracy: 0 }, "own-baseline");
    const declared = { jobId: second.jobId, minImprovement: -100, baselineModel: first.fineTunedModel as string };
    const state = await change(approval, declared);
    const host = harness.host();
    const next = { ...declared, minImprovement: 0.1, baselineModel: second.fineTunedModel as string };
    const again = await change({ id: approval.id, outputs: state }, next, host);
    assert.deepEqual([again.model, again.previousModel], [second.fineTunedModel, first.fineTunedModel]);
    assert.match(host.logged.at(-1)?.message ?? "", /minImprovement: the approved model is the baseline itself/);
  });

  it("holds the approved model again after a miss, also when the hold was ended", async () => {
    const approval = await approve({ jobId: first.jobId, minTokenAccuracy: 0 }, "unheld");
    await harness.client.holds.delete(approval.id);
    const host = harness.host();
    await readApproval(approval.id, approval.outputs, host);
    assert.match(host.logged[0]?.message ?? "", /does not hold approved model/);
    await assert.rejects(change(approval, { jobId: second.jobId, minTokenAccuracy: 1 }), /misses 1 of 1/);
    assert.deepEqual(await held(approval.id), [first.fineTunedModel]);
  });

  it("keeps the hold of a renamed approval from a new one with the old name", async () => {
    const { id, outputs } = await approve({ jobId: first.jobId, minTokenAccuracy: 0 }, "old-name");
    const renamed = await declare(
      { jobId: first.jobId, minTokenAccuracy: 0 },
      outputs,
      URN.replace("prod", "new-name"),
    );
    assert.equal(diffApproval(id, { ...outputs }, { ...renamed }, harness.host()).changes, true);
    const state = await updateApproval(id, outputs, renamed, harness.host());
    assert.equal(state.model, outputs.model);
    assert.equal((await harness.client.holds.get(id)).description, "approval new-name of stack project/dev");
    const another = approve({ jobId: second.jobId, minTokenAccuracy: 0 }, "old-name");
    await assert.rejects(another, new RegExp(`the hold ${id} on \\S+ belongs to approval new-name`));
    assert.deepEqual(await held(id), [first.fineTunedModel]);
  });

  it("explains a job without validation data, and one that has not succeeded", async () => {
    const blind = (await harness.create("blind")).outputs;
    await assert.rejects(
      approve({ jobId: blind.jobId, maxValidationLoss: 9 }, "blind"),
      /The job has no validation files/,
    );
    const running = (await harness.create("waits", { autoStart: false })).outputs;
    await assert.rejects(approve({ jobId: running.jobId, maxValidationLoss: 9 }, "waits"), /has the status VALIDATED/);
    await assert.rejects(
      approve({ jobId: "00000000-0000-4000-8000-000000000000", maxValidationLoss: 9 }, "none"),
      /does not exist on/,
    );
  });
});
