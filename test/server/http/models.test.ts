import assert from "node:assert/strict";
import { type Json, withServer } from "../support";

describe("server: models", () => {
  const api = withServer();
  let job: Json;
  let id: string;

  beforeEach(async () => {
    job = await api.trained({ suffix: "a/b c" });
    id = job.fine_tuned_model;
  });

  const model = (path = "") => `/v1/models/${encodeURIComponent(id)}${path}`;
  const fineTuned = (path = "") => `/v1/fine_tuning/models/${encodeURIComponent(id)}${path}`;

  it("lists base models and fine-tuned models", async () => {
    const { object, data } = await api.ok("GET", "/v1/models");
    assert.equal(object, "list");
    const base = data.filter((each: Json) => each.type === "base");
    assert.equal(base.length, 9);
    assert.ok(base.every((each: Json) => each.owned_by === "mistralai" && each.capabilities.fine_tuning));
    const tuned = data.filter((each: Json) => each.type === "fine-tuned");
    assert.equal(tuned[0].id, id);
    assert.ok(!("training" in tuned[0]));
    assert.deepEqual(tuned[0], await api.ok("GET", model()));
  });

  it("publishes how trainings of a base model are sized", async () => {
    const base = await api.ok("GET", "/v1/models/open-mistral-7b");
    assert.deepEqual(base.training, {
      rule: "megabytes",
      bytes_per_step: 1024 ** 2,
      sequences_per_step: 4,
      seq_len: 32_768,
      epochs: 1,
      max_steps: 1_000_000,
      characters_per_token: 4,
      price: { per_million_tokens: 2, currency: "USD" },
    });
    const { data } = await api.ok("GET", "/v1/models");
    assert.deepEqual(data.find(({ id }: Json) => id === base.id).training, base.training);
  });

  it("returns a model", async () => {
    const { created, ...rest } = await api.ok("GET", model());
    assert.ok(Number.isInteger(created));
    assert.deepEqual(rest, {
      id,
      object: "model",
      type: "fine-tuned",
      model_type: "completion",
      owned_by: "self-hosted",
      workspace_id: "default",
      root: "open-mistral-7b",
      root_version: "unknown",
      archived: false,
      name: null,
      description: null,
      capabilities: {
        completion_chat: true,
        completion_fim: false,
        function_calling: false,
        fine_tuning: false,
        vision: false,
        classification: false,
      },
      max_context_length: 32768,
      aliases: [],
      job: job.id,
    });
    assert.equal((await api.ok("GET", "/v1/models/open-mistral-7b")).type, "base");
  });

  it("changes name and description independently, and clears them with null", async () => {
    const texts = (each: Json) => [each.name, each.description];
    assert.deepEqual(texts(await api.ok("PATCH", fineTuned(), { name: "N", description: "D" })), ["N", "D"]);
    assert.deepEqual(texts(await api.ok("PATCH", fineTuned(), { name: "M" })), ["M", "D"]);
    assert.deepEqual(texts(await api.ok("PATCH", fineTuned(), { description: null })), ["M", null]);
    assert.deepEqual(texts(await api.ok("PATCH", fineTuned(), {})), ["M", null]);
    assert.deepEqual(texts(await api.ok("GET", model())), ["M", null]);
    for (const body of [{ name: 1 }, { name: "" }, { nam: "x" }, { description: "x".repeat(4097) }, [], undefined]) {
      assert.equal((await api.call("PATCH", fineTuned(), body)).status, 422, JSON.stringify(body));
    }
  });

  it("archives and unarchives a model idempotently, and still returns it", async () => {
    for (const [method, archived] of [
      ["POST", true],
      ["POST", true],
      ["DELETE", false],
      ["DELETE", false],
    ] as const) {
      assert.deepEqual(await api.ok(method, fineTuned("/archive")), { id, object: "model", archived });
      assert.equal((await api.ok("GET", model())).archived, archived);
    }
  });

  it("deletes a model and keeps its job", async () => {
    assert.deepEqual(await api.ok("DELETE", model()), { id, object: "model", deleted: true });
    for (const [method, path, body] of [
      ["GET", model(), undefined],
      ["DELETE", model(), undefined],
      ["PATCH", fineTuned(), {}],
      ["POST", fineTuned("/archive"), undefined],
      ["DELETE", fineTuned("/archive"), undefined],
    ] as const) {
      const reply = await api.call(method, path, body);
      assert.equal(reply.status, 404);
      assert.equal(reply.body.message, "There is no model with this id");
    }
    assert.equal((await api.getJob(job.id)).fine_tuned_model, id);
    const { data } = await api.ok("GET", "/v1/models");
    assert.ok(!data.some((each: Json) => each.id === id));
  });

  it("rejects changes to base models", async () => {
    for (const [method, path, body] of [
      ["DELETE", "/v1/models/open-mistral-7b", undefined],
      ["PATCH", "/v1/fine_tuning/models/open-mistral-7b", { name: "x" }],
      ["POST", "/v1/fine_tuning/models/open-mistral-7b/archive", undefined],
    ] as const) {
      const reply = await api.call(method, path, body);
      assert.equal(reply.status, 400);
      assert.match(reply.body.message, /^A base model cannot be /);
    }
  });
});
