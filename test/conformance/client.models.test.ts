import assert from "node:assert/strict";
import { Mistral } from "@mistralai/mistralai";
import { CLASSIFIER_TARGETS, withServer } from "../server/support";

const KEY = "the-key";

describe("the official TypeScript client: models", () => {
  const api = withServer({ apiKeys: [KEY] });
  let models: Mistral["models"];

  before(() => {
    models = new Mistral({ serverURL: api.url, apiKey: KEY }).models;
  });

  it("retrieves a base model", async () => {
    const model = await models.retrieve({ modelId: "codestral-latest" });
    assert.equal(model.type, "base");
    assert.equal(model.maxContextLength, 32_768);
    assert.deepEqual(model.capabilities.completionFim, true);
    assert.deepEqual(model.capabilities.fineTuning, true);
  });

  it("lists base models and fine-tuned ones", async () => {
    const job = await api.trained({ suffix: "listed" });
    const { data = [], object } = await models.list();
    assert.equal(object, "list");
    assert.ok(data.some((model) => model.type === "base" && model.id === "open-mistral-7b"));
    const model = data.find(({ id }) => id === job.fine_tuned_model);
    assert.deepEqual(model, await models.retrieve({ modelId: job.fine_tuned_model }));
    assert.ok(model?.type === "fine-tuned");
    assert.deepEqual([model.job, model.root, model.archived], [job.id, "open-mistral-7b", false]);
  });

  it("updates, archives, unarchives and deletes a fine-tuned model", async () => {
    const { id: job, fine_tuned_model: modelId } = await api.trained();
    const updated = await models.update({ modelId, updateFTModelIn: { name: "A name", description: "What it is" } });
    assert.ok(updated.modelType === "completion");
    assert.deepEqual([updated.id, updated.job, updated.root], [modelId, job, "open-mistral-7b"]);
    assert.deepEqual([updated.name, updated.description, updated.archived], ["A name", "What it is", false]);
    assert.equal(updated.capabilities.completionChat, true);
    const cleared = await models.update({ modelId, updateFTModelIn: { description: null } });
    assert.deepEqual([cleared.name, cleared.description], ["A name", null]);

    assert.deepEqual(await models.archive({ modelId }), { id: modelId, object: "model", archived: true });
    const archived = await models.retrieve({ modelId });
    assert.ok(archived.type === "fine-tuned" && archived.archived);
    assert.deepEqual(await models.unarchive({ modelId }), { id: modelId, object: "model", archived: false });
    assert.deepEqual(await models.delete({ modelId }), { id: modelId, object: "model", deleted: true });
    await assert.rejects(models.retrieve({ modelId }), { statusCode: 404 });
    await assert.rejects(models.delete({ modelId: "open-mistral-7b" }), { statusCode: 400 });
  });

  it("returns the targets of a classifier when updating it", async () => {
    const { fine_tuned_model: modelId } = await api.trained({
      training_files: [await api.fileId('{"text":"a fine day","labels":{"mood":"good"}}\n')],
      classifier_targets: CLASSIFIER_TARGETS,
    });
    const updated = await models.update({ modelId, updateFTModelIn: { name: "Moods" } });
    assert.ok(updated.modelType === "classifier");
    assert.deepEqual(updated.classifierTargets, [
      { ...CLASSIFIER_TARGETS[0], weight: 1, lossFunction: "single_class" },
    ]);
    assert.equal(updated.capabilities.classification, true);
  });
});
