import assert from "node:assert/strict";
import { Api, type Json, withServer } from "../support";

const KEYS = ["own-key workspace=own", "foreign-key workspace=foreign"];

describe("server: holds", () => {
  const api = withServer({ apiKeys: KEYS });
  const own = () => new Api(api.url, "own-key");
  const foreign = () => new Api(api.url, "foreign-key");
  const hold = (holder: string) => `/v1/fine_tuning/holds/${holder}`;
  const model = (id: string) => `/v1/models/${encodeURIComponent(id)}`;
  const archive = (id: string) => `/v1/fine_tuning/models/${encodeURIComponent(id)}/archive`;
  const trained = async (): Promise<string> => (await own().trained()).fine_tuned_model;
  const put = (holder: string, models: string[], description?: string) =>
    own().ok("PUT", hold(holder), { models, description });

  it("are created, replaced as a whole, read and ended, each of it idempotently", async () => {
    const [one, other] = [await trained(), await trained()];
    const first = await put("a", [one, other, one], "approval prod");
    assert.deepEqual(first, {
      id: "a",
      object: "fine_tuning.hold",
      models: [one, other],
      description: "approval prod",
      created_at: first.created_at,
    });
    assert.deepEqual(await put("a", [one, other], "approval prod"), first);
    assert.deepEqual((await put("a", [other])).models, [other]);
    const { description, ...current } = await own().ok("GET", hold("a"));
    assert.deepEqual([current.models, current.created_at, description], [[other], first.created_at, undefined]);
    for (let time = 1; time <= 2; time++) {
      assert.deepEqual(await own().ok("DELETE", hold("a")), { id: "a", object: "fine_tuning.hold", deleted: true });
    }
    assert.equal((await own().call("GET", hold("a"))).status, 404);
  });

  it("delay the deletion of a model until the last one ends, and hide nothing until then", async () => {
    const id = await trained();
    await put("first", [id], "approval prod");
    await put("second", [id]);
    const heldBy = ["approval prod (hold first)", "second"];
    for (let time = 1; time <= 2; time++) {
      const reply = await own().ok("DELETE", model(id));
      assert.deepEqual(reply, { id, object: "model", deleted: false, held_by: heldBy, pending: "delete" });
    }
    const shown = await own().ok("GET", model(id));
    assert.deepEqual([shown.archived, shown.held_by, shown.pending_deletion_policy], [false, heldBy, "delete"]);
    const { data } = await own().ok("GET", "/v1/models");
    assert.deepEqual(
      data.find((each: Json) => each.id === id),
      shown,
    );
    await own().ok("DELETE", hold("first"));
    assert.deepEqual((await own().ok("GET", model(id))).held_by, ["second"]);
    await put("second", []);
    assert.equal((await own().call("GET", model(id))).status, 404);
  });

  it("delay archiving, over which a deletion wins, and which unarchiving cancels", async () => {
    const [archived, deleted, kept] = [await trained(), await trained(), await trained()];
    await put("a", [archived, deleted, kept]);
    for (const id of [archived, deleted, kept]) {
      const reply = await own().ok("POST", archive(id));
      assert.deepEqual(reply, { id, object: "model", archived: false, held_by: ["a"], pending: "archive" });
    }
    await own().ok("DELETE", model(deleted));
    assert.equal((await own().ok("POST", archive(deleted))).pending, "delete");
    assert.equal((await own().ok("DELETE", archive(kept))).archived, false);
    await own().ok("DELETE", hold("a"));
    const { held_by, pending_deletion_policy, ...card } = await own().ok("GET", model(archived));
    assert.deepEqual([card.archived, held_by, pending_deletion_policy], [true, undefined, undefined]);
    assert.equal((await own().call("GET", model(deleted))).status, 404);
    assert.equal((await own().ok("GET", model(kept))).archived, false);
  });

  it("keep a model that is unarchived after its deletion was delayed: somebody needs it again", async () => {
    const id = await trained();
    await put("a", [id]);
    await own().ok("DELETE", model(id));
    await own().ok("DELETE", archive(id));
    await own().ok("DELETE", hold("a"));
    assert.equal((await own().ok("GET", model(id))).id, id);
  });

  it("change nothing when a model does not exist", async () => {
    const [held, next] = [await trained(), await trained()];
    await put("a", [held]);
    const reply = await own().call("PUT", hold("a"), { models: [next, "ft:gone"] });
    assert.deepEqual([reply.status, reply.body.message], [404, "There is no model ft:gone"]);
    assert.deepEqual((await own().ok("GET", hold("a"))).models, [held]);
    assert.equal((await own().call("PUT", hold("a"), { models: ["open-mistral-7b"] })).status, 400);
    assert.equal((await own().ok("DELETE", model(next))).deleted, true);
  });

  it("reject names and bodies that are not valid", async () => {
    for (const holder of ["a%20b", "a%2Fb", "%C3%A9", "x".repeat(129)]) {
      assert.equal((await own().call("PUT", hold(holder), { models: [] })).status, 400, holder);
    }
    for (const body of [
      undefined,
      {},
      { models: "x" },
      { models: [""] },
      { models: Array.from({ length: 11 }, String) },
      { models: [], description: "" },
      { models: [], other: 1 },
    ]) {
      assert.equal((await own().call("PUT", hold("a"), body)).status, 422, JSON.stringify(body));
    }
    await put("x".repeat(128), [], "d".repeat(256));
  });

  it("belong to a workspace: the same holder elsewhere is another hold, and cannot hold or free its models", async () => {
    const id = await trained();
    await put("same", [id]);
    assert.equal((await foreign().call("GET", hold("same"))).status, 404);
    assert.equal((await foreign().call("PUT", hold("same"), { models: [id] })).status, 404);
    await foreign().ok("PUT", hold("same"), { models: [] });
    await foreign().ok("DELETE", hold("same"));
    assert.deepEqual((await own().ok("GET", model(id))).held_by, ["same"]);
    assert.equal((await own().ok("DELETE", model(id))).pending, "delete");
  });
});

describe("server: capabilities", () => {
  const api = withServer({ apiKeys: ["a-key"] });

  it("say what the simulated trainer can do, and need a key", async () => {
    const reply = await new Api(api.url, "a-key").ok("GET", "/v1/fine_tuning/capabilities");
    // `test/server/dashboard` tests the URL of the page, which only a built server has.
    const { version, dashboard_url: _, ...rest } = reply;
    assert.match(version, /^\d+\.\d+\.\d+/);
    assert.deepEqual(rest, {
      object: "fine_tuning.capabilities",
      server: "mistral-fine-tuning-server",
      trainer: "simulated",
      simulated: true,
      features: {
        metrics: true,
        evaluation: true,
        evaluation_samples: true,
        evaluation_on_demand: true,
        holds: true,
        approval_misses: true,
        artifacts: false,
        training_rules: true,
        dry_run: true,
        cost: true,
      },
    });
    assert.equal((await new Api(api.url).call("GET", "/v1/fine_tuning/capabilities")).status, 401);
  });
});
