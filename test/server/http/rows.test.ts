import assert from "node:assert/strict";
import { type Api, samples, withServer } from "../support";
import { withTrainings } from "../trainings";

const NDJSON = { "content-type": "application/x-ndjson" };

function rows(api: Api, model: string, body: string, query = "", headers: Record<string, string> = NDJSON) {
  return api.send(`/v1/fine_tuning/models/${encodeURIComponent(model)}/rows${query}`, {
    method: "POST",
    headers,
    body,
  });
}

describe("server: showing the rows of samples", () => {
  const trainings = withTrainings();

  it("returns what the training program prints", async () => {
    const api = await trainings.create({ "a/b": { path: "/models/tiny" } }).startPlanner({ show: true });
    const { status, body } = await rows(api, "a/b", "one\ntwo\nthree\n", "?rows=2");
    assert.equal(status, 200, JSON.stringify(body));
    assert.deepEqual(body, {
      object: "list",
      data: [
        { line: 1, row: 0, input_ids: [1], labels: [-100], text: "one", learned: "" },
        { line: 2, row: 0, input_ids: [1], labels: [-100], text: "two", learned: "" },
      ],
    });
    assert.equal(trainings.server.plannerCommands().at(-1), "show base=tiny rows=2");
  });

  it("answers parallel requests one after the other", async () => {
    const api = await trainings.create({ m: {} }).startPlanner({ show: true });
    const replies = await Promise.all(["one", "two", "three"].map((text) => rows(api, "m", text)));
    assert.deepEqual(
      replies.map(({ body }) => body.data[0].text),
      ["one", "two", "three"],
    );
  });

  it("reports an invalid sample with its line, and no path of the server", async () => {
    const api = await trainings.create({ m: {} }).startPlanner({ show: true });
    const { status, body } = await rows(api, "m", "one\ninvalid\n");
    assert.deepEqual([status, body.detail[0].msg], [422, "line 2: text: must not be invalid"]);
  });

  it("answers 501 when the program cannot show rows", async () => {
    const api = await trainings.create({ m: {} }).startPlanner();
    const { status, body } = await rows(api, "m", samples());
    assert.deepEqual([status, body.type], [501, "not_implemented"]);
    assert.equal(body.message, "The training program of this server does not have the command show");
  });

  it("rejects an unknown model, an empty body, another content type, and a number of rows out of range", async () => {
    const api = await trainings.create({ m: {} }).startPlanner({ show: true });
    assert.equal((await rows(api, "unknown", samples())).status, 404);
    assert.equal((await rows(api, "m", "")).status, 422);
    assert.equal((await rows(api, "m", "{}", "", { "content-type": "application/json" })).status, 422);
    assert.equal((await rows(api, "m", "x".repeat(1024 ** 2 + 1))).status, 413);
    for (const query of ["?rows=0", "?rows=x", "?rows=1001", "?row=1"]) {
      assert.equal((await rows(api, "m", samples(), query)).status, 422, query);
    }
  });
});

describe("server: showing rows with the simulated trainer", () => {
  const api = withServer();

  it("answers 501", async () => {
    const { status, body } = await rows(api, "open-mistral-7b", samples());
    assert.deepEqual([status, body.message], [501, "The trainer simulated does not tokenize, so it cannot show rows"]);
  });

  it("does not accept the content type on other routes", async () => {
    const reply = await api.send("/v1/fine_tuning/jobs", { method: "POST", headers: NDJSON, body: "{}" });
    assert.equal(reply.status, 422);
    assert.equal(reply.body.detail[0].type, "content_type");
  });
});
