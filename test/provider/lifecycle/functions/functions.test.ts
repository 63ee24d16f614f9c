import assert from "node:assert/strict";
import { InputProblem } from "../../../../provider/src/inputs/problem";
import {
  argumentProblems,
  functions,
  type ProviderFunction,
  runFunction,
} from "../../../../provider/src/lifecycle/functions/functions";
import { TestHost } from "../../../support/host";
import { ScriptedServer } from "../../../support/scriptedServer";
import { DETAILED_JOB, JOB, JOB_ID, KEY, MODEL, MODEL_ID } from "../../client/fixtures";

const named = (name: string) => functions.get(`mistral:index:${name}`) as ProviderFunction;

describe("the functions", () => {
  let server: ScriptedServer;
  const host = () => new TestHost({ baseUrl: server.url, apiKey: KEY });

  before(async () => {
    server = await ScriptedServer.start();
  });
  after(() => server.stop());

  const run = async (name: string, args: Record<string, unknown>, from = host()) => {
    const result = await runFunction(named(name), args, from);
    return named(name).result.parse(result) as Record<string, unknown>;
  };

  it("return a job, its events and its checkpoints, with the names of the resource's outputs", async () => {
    server.script({ json: DETAILED_JOB });
    const job = await run("getFineTuningJob", { jobId: JOB_ID });
    assert.equal(server.only.path, `/v1/fine_tuning/jobs/${JOB_ID}`);
    assert.equal(server.only.headers.authorization, `Bearer ${KEY}`);
    const { jobId, status, fineTunedModel, model, suffix, baseUrl, cost, trainLoss, createdAt } = job;
    assert.deepEqual(
      { jobId, status, fineTunedModel, model, suffix, baseUrl, cost, trainLoss, createdAt },
      {
        jobId: JOB_ID,
        status: "SUCCESS",
        fineTunedModel: MODEL_ID,
        model: "open-mistral-7b",
        suffix: "support",
        baseUrl: server.url,
        cost: 4.2,
        trainLoss: 0.9,
        createdAt: "2026-01-01T00:00:00.000Z",
      },
    );
    assert.equal((job.events as unknown[]).length, 1);
  });

  it("list all pages of the jobs that match the filters", async () => {
    const page = (id: string) => ({ json: { data: Array.from({ length: 100 }, (_, n) => ({ ...JOB, id: id + n })) } });
    server.script(page("a"), page("b"), { json: { data: [] } });
    const { jobs } = await run("listFineTuningJobs", { wandbProject: "p", createdAfter: "2026-01-31T12:00:00Z" });
    assert.equal((jobs as unknown[]).length, 200);
    assert.equal(server.received[0]?.query.wandb_project, "p");
    assert.equal(server.received[0]?.query.created_after, "2026-01-31T12:00:00Z");
  });

  it("return a fine-tuned model", async () => {
    server.script({ json: { ...MODEL, archived: true, capabilities: { completion_chat: true, limits: { any: 1 } } } });
    assert.deepEqual(await run("getModel", { modelId: MODEL_ID }), {
      modelId: MODEL_ID,
      name: "Support",
      description: "Answers tickets",
      archived: true,
      baseModel: "open-mistral-7b",
      jobId: JOB_ID,
      modelType: "completion",
      createdAt: "2026-01-01T01:00:00.000Z",
      maxContextLength: 32768,
      aliases: ["support"],
      capabilities: { completion_chat: true },
      baseUrl: server.url,
    });
  });

  it("return a base model of which the server reports only the ID", async () => {
    server.script({ json: { id: "open-mistral-7b" } });
    assert.deepEqual(await run("getModel", { modelId: "open-mistral-7b" }), {
      modelId: "open-mistral-7b",
      archived: false,
      aliases: [],
      capabilities: {},
      baseUrl: server.url,
    });
  });

  it("say what to do about a missing model and a missing job", async () => {
    server.script({ status: 404, json: { message: "no such object" } });
    await assert.rejects(run("getModel", { modelId: "ft:gone" }), (error: Error) => {
      assert.match(error.message, /no such object.*Check modelId.*until it is deleted/);
      assert.match(error.stack ?? "", /Check modelId/);
      return true;
    });
    await assert.rejects(run("getFineTuningJob", { jobId: "gone" }), /no such object.*Check jobId, and that http/);
  });

  it("return no credentials and no control characters of a hostile server", async () => {
    const echo = `sk-${"x".repeat(20)}\u001b[31m ${KEY}`;
    const connection = { baseUrl: server.url, apiKey: `sk-${"x".repeat(20)}` };
    const texts = { name: echo, description: echo, root: echo, job: echo, model_type: echo, aliases: [echo] };
    server.script({ json: { ...MODEL, ...texts, capabilities: { [echo]: true } } });
    const known = host();
    // The provider redacts the keys that it has used.
    await run("getModel", { modelId: "other" }, known);
    const model = JSON.stringify(await run("getModel", { modelId: MODEL_ID, connection }, known));
    server.script({ json: { ...DETAILED_JOB, model: echo, suffix: echo } });
    const job = JSON.stringify(await run("getFineTuningJob", { jobId: JOB_ID, connection }, known));
    for (const text of [model, job]) {
      assert.match(text, /\[secret\]/);
      assert.doesNotMatch(text, /\\u001b/);
      assert.ok(!text.includes(KEY) && !text.includes(connection.apiKey), text);
    }
  });

  it("stop when the host stops", async () => {
    const stopping = host();
    stopping.controller.abort();
    server.script({ json: MODEL });
    await assert.rejects(run("getModel", { modelId: MODEL_ID }, stopping), { name: "AbortedError" });
  });

  const invalid: [string, Record<string, unknown>, string[]][] = [
    ["getFineTuningJob", {}, ["jobId: is required"]],
    ["getFineTuningJob", { jobID: "a" }, ["jobID: unknown input; did you mean jobId?"]],
    ["getModel", { modelId: "" }, ["modelId: expected at least 1 character, got none"]],
    ["getModel", { modelId: ["a"] }, ["modelId: expected a string, got a list"]],
    [
      "getModel",
      { modelId: "a", connection: { apikey: "s3cret" } },
      ["connection.apikey: unknown input; did you mean apiKey?"],
    ],
    [
      "listFineTuningJobs",
      { status: 1, createdAfter: "yesterday" },
      [
        "status: expected a string, got a number",
        "createdAfter: expected a time as ISO 8601, such as 2026-01-31T12:00:00Z",
      ],
    ],
  ];
  for (const [name, args, messages] of invalid) {
    it(`${name} rejects ${JSON.stringify(args)} and sends no request`, async () => {
      server.script({ json: {} });
      assert.deepEqual(
        argumentProblems(named(name), args).map(({ message }) => message),
        messages,
      );
      await assert.rejects(run(name, args), new InputProblem("", messages.join("; ")));
      assert.equal(server.received.length, 0);
    });
  }

  it("have no names of JavaScript's own", () => {
    assert.equal(functions.get("constructor"), undefined);
    assert.deepEqual([...functions.keys()].map((token) => token.split(":").at(-1)).sort(), [
      "getFineTuningJob",
      "getModel",
      "listFineTuningJobs",
    ]);
  });
});
