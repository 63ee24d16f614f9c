import assert from "node:assert/strict";
import type { DetailedJob } from "../../../provider/src/client";
import { failureReason } from "../../../provider/src/lifecycle/job/failureReason";
import { read } from "../../../provider/src/lifecycle/read";
import { type Outputs, toOutputs } from "../../../provider/src/lifecycle/state/outputs";
import { update } from "../../../provider/src/lifecycle/update";
import type { Inputs } from "../../../provider/src/schema/inputs";
import { TestHost } from "../../support/host";
import { initErrorOf } from "../../support/lifecycle";
import { ScriptedServer } from "../../support/scriptedServer";

const ID = "job-1";
const inputs = { model: "m" } as Inputs;
const BASE_URL = "http://127.0.0.1";
const job = (more: object = {}) => ({ id: ID, model: "m", status: "FAILED", ...more }) as DetailedJob;
const event = (text: string, index = 0) => ({ name: "n", data: { text }, created_at: index });
const checkpoint = (step: number) => ({ metrics: { train_loss: 1 }, step_number: step, created_at: step });
const many = <T>(count: number, make: (index: number) => T) => Array.from({ length: count }, (_, index) => make(index));

describe("the state and the messages under a hostile server", () => {
  it("stay small with a hundred thousand events, checkpoints and files", () => {
    const huge = job({
      events: many(100_000, (index) => event("e".repeat(100), index)),
      checkpoints: many(100_000, checkpoint),
      training_files: many(100_000, String),
      artifact: { url: "u".repeat(1e6) },
      metadata: { cost_currency: "c".repeat(1e6) },
    });
    const outputs = toOutputs(inputs, huge, BASE_URL);
    assert.ok(JSON.stringify(outputs).length < 500_000, String(JSON.stringify(outputs).length));
    assert.equal(outputs.checkpoints.at(-1)?.stepNumber, 99_999);
    assert.equal(outputs.events.length, 50);
    assert.equal(outputs.events.at(-1)?.createdAt, "1970-01-02T03:46:39.000Z");
    assert.equal(outputs.artifactUrl, undefined);
  });

  it("leave out events that are too large, and keep the others", () => {
    const events = [event("first", 1), event("x".repeat(10e6), 2), event("last", 3)];
    const start = performance.now();
    const outputs = toOutputs(inputs, job({ events }), BASE_URL);
    assert.deepEqual(
      outputs.events.map(({ data }) => (data as { text: string }).text),
      ["first", "last"],
    );
    const reason = failureReason(job({ events: [...events, event("y".repeat(200_000), 4)] }), inputs);
    assert.ok(reason.length < 10_000 && reason.includes("last"), String(reason.length));
    assert.ok(performance.now() - start < 2_000);
  });

  it("keep what an earlier release has stored, so that a refresh shows no change", async () => {
    const server = await ScriptedServer.start();
    const reply = job({
      events: many(60, (index) => event("e".repeat(10_000), index)),
      checkpoints: many(5_000, checkpoint),
      training_files: many(1_500, String),
    });
    const kept = toOutputs({ ...inputs, ...stored(reply, server.url) } as Inputs, reply, server.url);
    server.script({ json: reply });
    const refreshed = await read(ID, kept, new TestHost({ baseUrl: server.url }));
    await server.stop();
    assert.equal(kept.checkpoints.length, 5_000);
    assert.equal(kept.trainingFileIds.length, 1_500);
    assert.equal(kept.events.length, 50);
    assert.deepEqual(refreshed, kept);
  });

  /** The outputs as release 0.1.0 stored them. */
  const stored = (reply: DetailedJob, baseUrl: string): Partial<Outputs> => ({
    baseUrl,
    checkpoints: (reply.checkpoints ?? []).map(({ step_number: stepNumber }) => ({
      stepNumber,
      trainLoss: 1,
      createdAt: new Date(stepNumber * 1000).toISOString(),
    })),
    events: (reply.events ?? []).slice(-50).map(({ name, data, created_at }) => ({
      name,
      data,
      createdAt: new Date(created_at * 1000).toISOString(),
    })),
    trainingFileIds: reply.training_files ?? [],
  });
});

describe("waiting for a job on a hostile server", () => {
  let server: ScriptedServer;
  let host: TestHost;
  let sleeps: number[];
  before(async () => {
    server = await ScriptedServer.start();
  });
  after(() => server.stop());
  beforeEach(() => {
    host = new TestHost({ baseUrl: server.url, maxRetries: "0" });
    sleeps = [];
    let now = 0;
    host.clock = {
      now: () => now,
      sleep: async (milliseconds) => {
        sleeps.push(milliseconds);
        now += milliseconds;
      },
    };
  });

  const known = () => ({ ...inputs, jobId: ID, status: "RUNNING", baseUrl: server.url }) as Outputs;
  const done = { json: job({ status: "SUCCESS", fine_tuned_model: "ft:m" }) };

  it("pauses for at most ten minutes when the server asks for a year", async () => {
    server.script({ status: 429, headers: { "retry-after": String(365 * 86_400) }, json: {} }, done);
    await update(ID, known(), inputs, host);
    assert.ok(Math.max(...sleeps) <= 600_000, String(Math.max(...sleeps)));
    assert.ok(sleeps.length < 10, `${sleeps.length} pauses`);
  });

  it("continues after an unknown status and figures without sense", async () => {
    const metadata = { estimated_remaining_seconds: -5, expected_duration_seconds: 1e300, total_steps: -1 };
    const strange = { json: job({ status: "DANCING", metadata, hyperparameters: { training_steps: -3 } }) };
    const remaining = { estimated_remaining_seconds: 1e300, current_step: 1e300 };
    server.script(strange, { json: job({ status: "RUNNING", metadata: remaining }) }, done);
    const { status } = await update(ID, known(), inputs, host);
    assert.equal(status, "SUCCESS");
    assert.ok(
      sleeps.every((milliseconds) => milliseconds >= 0 && milliseconds <= 30_000),
      String(sleeps),
    );
    assert.ok(!host.logged.some(({ message }) => /NaN|Infinity|e\+29/.test(message)), JSON.stringify(host.logged));
  });

  it("does not start a job with a negative cost when maxCost is set", async () => {
    server.script({ json: job({ status: "VALIDATED", metadata: { cost: -1, cost_currency: "EUR" } }) });
    const { message } = await initErrorOf(update(ID, known(), { ...inputs, maxCost: 5 }, host));
    assert.match(message, /does not report the cost/);
    assert.ok(server.received.every(({ method }) => method === "GET"));
  });

  it("keeps the job's ID when the replies become useless", async () => {
    const deep = `${"[".repeat(50_000)}${"]".repeat(50_000)}`;
    const answer = {
      headers: { "content-type": "application/json" },
      text: `{"id":"${ID}","model":"m","status":${deep}}`,
    };
    server.script({ json: job({ status: "RUNNING" }) }, answer, answer, { status: 401, json: { message: "no" } });
    const { id, outputs } = await initErrorOf(update(ID, known(), inputs, host));
    assert.deepEqual([id, outputs.jobId], [ID, ID]);
  });
});
