import assert from "node:assert/strict";
import { remove } from "../../../provider/src/lifecycle/delete";
import { diff } from "../../../provider/src/lifecycle/diff";
import { eventually } from "../../support/eventually";
import { TestHost } from "../../support/host";
import { initErrorOf, LifecycleHarness } from "../../support/lifecycle";
import { sample } from "../../support/samples";

describe("delete", () => {
  let harness: LifecycleHarness;
  before(async () => {
    harness = await LifecycleHarness.create();
  });
  after(() => harness.end());

  const modelOf = async (id: string) => harness.client.models.get(id).catch(() => undefined);
  const fileIds = async () => (await harness.files()).map(({ id }) => id);

  it("cancels an unfinished job, and waits until it has ended", async () => {
    const { id, outputs } = await harness.create("resting", { autoStart: false });
    await remove(id, outputs, harness.host());
    assert.equal((await harness.client.jobs.get(id)).status, "CANCELLED");
  });

  it("applies the policy: retains, archives or deletes the model", async () => {
    for (const [policy, expected] of [
      [undefined, false],
      ["archive", true],
      ["delete", undefined],
    ] as const) {
      const { id, outputs } = await harness.create(`policy-${policy}`, { modelDeletionPolicy: policy });
      await remove(id, outputs, harness.host());
      assert.equal((await modelOf(outputs.fineTunedModel as string))?.archived, expected);
    }
  });

  it("says that a hold delays the policy, and keeps the model of a job that is adopted again", async () => {
    const { holds } = harness.client;
    for (const [policy, says, afterwards] of [
      ["archive", "archives", true],
      ["delete", "deletes", undefined],
    ] as const) {
      const inputs = { modelDeletionPolicy: policy };
      const { id, outputs } = await harness.create(`held-${policy}`, inputs);
      const model = outputs.fineTunedModel as string;
      await holds.put("prod", [model], "approval prod");
      const destroyed = harness.host();
      await remove(id, outputs, destroyed);
      assert.deepEqual(
        destroyed.logged.map(({ message }) => message),
        [`model ${model} is held by approval prod (hold prod): the server ${says} it when the hold ends`],
      );
      assert.equal((await modelOf(model))?.archived, false);

      assert.equal((await harness.create(`held-${policy}`, inputs)).id, id);
      await holds.delete("prod");
      assert.equal((await modelOf(model))?.archived, false);

      await holds.put("prod", [model]);
      await remove(id, outputs, harness.host());
      await holds.delete("prod");
      assert.equal((await modelOf(model))?.archived, afterwards);
    }
  });

  it("removes its uploads, except declared file IDs and files that another job needs", async () => {
    const { id: given } = await harness.client.files.upload({ name: "given.jsonl", content: sample("Given?") });
    const shared = await harness.file("shared.jsonl", sample("Shared?"));
    const own = await harness.file("own.jsonl", sample("Own?"));
    const { id, outputs } = await harness.create("files", { trainingFiles: [{ fileId: given }, shared, own] });
    await harness.create("other", { trainingFiles: [shared], autoStart: false });
    const [, sharedId, ownId] = outputs.trainingFileIds as [string, string, string];
    await remove(id, outputs, harness.host());
    const left = await fileIds();
    assert.ok(left.includes(given));
    assert.ok(left.includes(sharedId));
    assert.ok(!left.includes(ownId));
  });

  it("keeps a validation file while another job's model can be evaluated with it, and removes it with the last", async () => {
    const validationFiles = [await harness.file("judged.jsonl", sample("Judged?"))];
    const inputs = { validationFiles, modelDeletionPolicy: "delete" };
    const a = await harness.create("judged-a", { ...inputs, triggers: ["a"] });
    const b = await harness.create("judged-b", { ...inputs, triggers: ["b"], modelDeletionPolicy: "retain" });
    const [judged] = a.outputs.validationFileIds;
    assert.equal(b.outputs.validationFileIds[0], judged);
    const host = harness.host();
    await remove(a.id, a.outputs, host);
    assert.ok((await fileIds()).includes(judged as string));
    await remove(b.id, b.outputs, host);
    assert.ok(!(await fileIds()).includes(judged as string));
  });

  it("keeps the files of an adopted job that were uploaded elsewhere", async () => {
    const { id: file_id } = await harness.client.files.upload({ name: "precious.jsonl", content: sample("What?") });
    const { id: adopt } = await harness.client.jobs.create({
      model: "open-mistral-7b",
      training_files: [{ file_id }],
      hyperparameters: { training_steps: 20 },
      auto_start: true,
    });
    const { id, outputs } = await harness.create("adopting", { adopt });
    await remove(id, outputs, harness.host());
    assert.ok((await fileIds()).includes(file_id));
  });

  it("keeps files whose name identifies a retained model, so that `up` finds the model again", async () => {
    const inputs = { suffix: "kept", trainingFiles: [await harness.file("kept.jsonl", sample("Kept?"))] };
    const { id, outputs } = await harness.create("kept", inputs);
    await remove(id, outputs, harness.host());
    assert.ok((await fileIds()).includes(outputs.trainingFileIds[0] as string));
    assert.equal((await harness.create("kept", inputs)).id, id);
  });

  it("keeps these files also when the state does not hold the model yet", async () => {
    const inputs = {
      suffix: "kept-too",
      trainingFiles: [await harness.file("kept-too.jsonl", sample("Kept too?"))],
    };
    const { id, outputs } = await harness.create("kept-too", inputs);
    const { fineTunedModel, ...earlier } = { ...outputs, status: "RUNNING" };
    assert.ok(fineTunedModel);
    await remove(id, earlier, harness.host());
    assert.equal((await harness.create("kept-too", inputs)).id, id);
  });

  it("succeeds when everything is already gone", async () => {
    const { id, outputs } = await harness.create("gone", { modelDeletionPolicy: "delete" });
    await remove(id, outputs, harness.host());
    await remove(id, outputs, harness.host());
    await remove("00000000-0000-4000-8000-000000000000", { ...outputs, status: "RUNNING" }, harness.host());
  });

  it("keeps a job that a replacement in this process has adopted", async () => {
    const host = harness.host();
    const { id, outputs } = await harness.create("replaced", { autoStart: false }, host);
    await remove(id, outputs, host);
    assert.equal((await harness.client.jobs.get(id)).status, "VALIDATED");
  });

  it("keeps a job that the program still declares, but not after a refresh", async () => {
    const { id, outputs } = await harness.create("pending", { autoStart: false });
    const up = harness.host();
    up.session.recordCheck(outputs.__urn);
    diff(id, outputs, outputs, up);
    await remove(id, outputs, up);
    assert.equal((await harness.client.jobs.get(id)).status, "VALIDATED");

    const destroy = harness.host();
    destroy.session.recordRead(outputs.__urn);
    diff(id, outputs, outputs, destroy);
    await remove(id, outputs, destroy);
    assert.equal((await harness.client.jobs.get(id)).status, "CANCELLED");
  });

  it("removes a finished job on another server from the state, and fails for one that may still be running", async () => {
    const { id, outputs } = await harness.create("moved");
    const elsewhere = await LifecycleHarness.create();
    try {
      const host = new TestHost({ baseUrl: elsewhere.url });
      await remove(id, outputs, host);
      assert.match(host.logged.map(({ message }) => message).join(), /only removed from the state/);
      await assert.rejects(remove(id, { ...outputs, status: "RUNNING" }, host), /fine-tuning job .* does not exist on/);
    } finally {
      await elsewhere.end();
    }
  });

  it("cancels with the config's or the environment's key after the resource's key was rotated", async () => {
    for (const [config, variable] of [
      [{ apiKey: "new-key" }, undefined],
      [{ apiKey: "another-old-key" }, "new-key"],
    ] as const) {
      const guarded = await LifecycleHarness.create({ apiKeys: ["new-key"] });
      try {
        const { id, outputs } = await guarded.create(
          "rotated",
          { autoStart: false },
          guarded.host({ apiKey: "new-key" }),
        );
        const state = { ...outputs, connection: { apiKey: "old-key", baseUrl: guarded.url } };
        if (variable) process.env.MISTRAL_API_KEY = variable;
        await remove(id, state, guarded.host(config));
        assert.equal((await guarded.client.jobs.get(id)).status, "CANCELLED");
      } finally {
        delete process.env.MISTRAL_API_KEY;
        await guarded.end();
      }
    }
  });

  it("does not send the config's key to another server", async () => {
    const guarded = await LifecycleHarness.create({ apiKeys: ["new-key"] });
    try {
      const { id, outputs } = await guarded.create("other", { autoStart: false }, guarded.host({ apiKey: "new-key" }));
      const state = { ...outputs, connection: { apiKey: "old-key", baseUrl: guarded.url } };
      const host = new TestHost({ apiKey: "new-key", baseUrl: "http://127.0.0.1:1" });
      await assert.rejects(remove(id, state, host), /401/);
    } finally {
      await guarded.end();
    }
  });

  it("gives advice when it is interrupted during a cancellation", async () => {
    const slow = await LifecycleHarness.create({ speed: 1 });
    try {
      const creating = slow.host();
      const creation = initErrorOf(slow.create("slow", {}, creating));
      const isCreated = () => creating.logged.some(({ message }) => message.startsWith("created fine-tuning job"));
      await eventually("the creation of the job", isCreated);
      creating.controller.abort();
      const { outputs, id } = await creation;
      const host = slow.host();
      host.controller.abort();
      await assert.rejects(
        remove(id, outputs, host),
        /interrupted while cancelling fine-tuning job .* run the command again/,
      );
    } finally {
      await slow.end();
    }
  });
});
