import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ServerOptions } from "../../../server/src/index";
import { eventually } from "../../support/eventually";
import { Api, CLASSIFIER_TARGETS, folder, type Json, samples, withServer } from "../support";
import { type Notification, Receiver, SECRET } from "./receiver";

const KEYS = ["own-key workspace=own", "foreign-key workspace=foreign"];
const SAMPLE_TEXT = "the text of a sample";

describe("server: notifications", () => {
  const receiver = new Receiver();
  const options: Partial<ServerOptions> = {
    apiKeys: KEYS,
    webhookSecret: SECRET,
    publicUrl: "https://train.example.com",
  };
  before(async () => {
    options.webhooks = [(await receiver.start()).url];
    options.pageDir = folder();
    mkdirSync(join(options.pageDir, "assets"));
    writeFileSync(join(options.pageDir, "index.html"), '<base href="/">');
  });
  const api = withServer(options);
  after(() => receiver.stop());
  afterEach(() => assert.deepEqual(receiver.invalid, []));

  const own = () => new Api(api.url, "own-key");
  const of = (jobId: string) => receiver.received.filter(({ data }) => data.job_id === jobId);
  const untilNotified = (jobId: string, type: string): Promise<Notification> =>
    eventually(type, () => of(jobId).find((each) => each.type === type));

  it("say that a job is validated and finished, with its figures", async () => {
    const validation_files = [await own().fileId(samples(), "secret-name.jsonl")];
    const { id } = await own().job({ suffix: "support", validation_files });
    const job = await own().until(id, "SUCCESS");
    const { data, body } = await untilNotified(id, "job.finished");
    const { timestamp } = JSON.parse(body);
    assert.equal(new Date(timestamp).toISOString(), timestamp);
    assert.equal(Math.floor(Date.parse(timestamp) / 1000), job.modified_at);
    assert.deepEqual(data, {
      job_id: id,
      status: "SUCCESS",
      workspace: "own",
      model: "open-mistral-7b",
      suffix: "support",
      fine_tuned_model: job.fine_tuned_model,
      simulated: true,
      train_loss: job.metadata.train_loss,
      valid_loss: job.evaluation.tuned.valid_loss,
      cost: job.metadata.cost,
      cost_currency: "USD",
      url: `https://train.example.com/jobs/${id}`,
    });
    const validated = await untilNotified(id, "job.validated");
    assert.deepEqual([validated.data.status, validated.data.train_loss], ["VALIDATED", undefined]);
    assert.equal(validated.data.cost, job.metadata.cost);
    assert.equal(of(id).length, 2);
    assert.equal(new Set(of(id).map((each) => each.id)).size, 2);
  });

  it("say that a job failed or was cancelled, without its data, names of files, keys, and the reason", async () => {
    const sample = JSON.parse(samples(1));
    sample.messages[0].content = SAMPLE_TEXT;
    const good = await own().fileId(`${JSON.stringify(sample)}\n`.repeat(3), "secret-name.jsonl");
    const bad = await own().fileId(`{"messages": "${SAMPLE_TEXT}"}\n`, "secret-name.jsonl");
    const integrations = [{ project: "p", api_key: "w".repeat(40) }];
    const create = (body: object): Promise<Json> => own().job({ training_files: [good], ...body });
    const failed = await create({ hyperparameters: { training_steps: 10, learning_rate: 0.1 }, integrations });
    const invalid = await create({ training_files: [bad] });
    const classifier = await create({ training_files: [bad], classifier_targets: CLASSIFIER_TARGETS });
    const waiting = await create({ auto_start: false, hyperparameters: { training_steps: 1000 } });
    await untilNotified(waiting.id, "job.validated");
    await own().ok("POST", `/v1/fine_tuning/jobs/${waiting.id}/cancel`);
    assert.equal((await untilNotified(failed.id, "job.failed")).data.status, "FAILED");
    for (const { id } of [invalid, classifier]) {
      assert.equal((await untilNotified(id, "job.failed")).data.status, "FAILED_VALIDATION");
    }
    assert.equal((await untilNotified(waiting.id, "job.cancelled")).data.status, "CANCELLED");
    const events = JSON.stringify((await own().getJob(invalid.id)).events);
    assert.match(events, /secret-name/, "the reason is worth hiding");
    for (const { body } of receiver.received) {
      for (const secret of [SAMPLE_TEXT, "secret-name", "capital of France", "own-key", "wwww", "reason", "findings"]) {
        assert.ok(!body.includes(secret), `${secret} in ${body}`);
      }
    }
  });

  it("count what was delivered", async () => {
    const count = new RegExp(`^fine_tuning_webhooks_total\\{result="sent"\\} ${receiver.received.length}$`, "m");
    await eventually(String(count), async () => count.test((await own().call("GET", "/metrics")).body));
  });

  describe("about a missed approval", () => {
    const path = (holder: string) => `/v1/fine_tuning/holds/${holder}/misses`;
    const MISS = { description: "approval prod", thresholds: ["validation loss 1.2 is above 1.0"] };
    let job: Json;
    before(async () => {
      job = await own().trained();
    });
    const miss = (change: object = {}) => ({ job_id: job.id, model: job.fine_tuned_model, ...MISS, ...change });
    const missed = () => of(job.id).filter(({ type }) => type === "approval.missed");
    const ofHolder = (holder: string) => missed().filter(({ data }) => data.holder === holder);

    it("are sent once a day for the same holder, model and thresholds", async () => {
      const reply = { object: "fine_tuning.approval_miss" };
      for (let time = 1; time <= 3; time++) assert.deepEqual(await own().ok("POST", path("a"), miss()), reply);
      await own().ok("POST", path("a"), miss({ thresholds: ["accuracy 0.7 is below 0.8"], description: undefined }));
      await own().ok("POST", path("b"), miss());
      await eventually("three notifications", () => missed().length >= 3);
      assert.deepEqual([ofHolder("a").length, ofHolder("b").length], [2, 1]);
      const data = ofHolder("b")[0]?.data;
      assert.deepEqual(data, {
        holder: "b",
        description: "approval prod",
        job_id: job.id,
        workspace: "own",
        model: job.fine_tuned_model,
        thresholds: MISS.thresholds,
        simulated: true,
        url: `https://train.example.com/jobs/${job.id}`,
      });
    });

    it("have single lines without control characters, which a terminal could follow", async () => {
      const texts = { description: "a\u001b[2Jb\r\nc\u202ed", thresholds: ["1\n\tforged line\u2028\u009b2"] };
      await own().ok("POST", path("e"), miss(texts));
      const { data } = await eventually("the notification", () => ofHolder("e")[0]);
      assert.deepEqual([data.description, data.thresholds], ["a[2Jb cd", ["1 forged line 2"]]);
    });

    it("are refused for a job of another workspace, and for a body that is not valid", async () => {
      const foreign = new Api(api.url, "foreign-key");
      assert.equal((await foreign.call("POST", path("c"), miss())).status, 404);
      assert.equal((await own().call("POST", path("c"), miss({ job_id: "unknown" }))).status, 404);
      assert.equal((await own().call("POST", path("c%20"), miss())).status, 400);
      for (const change of [
        { thresholds: [] },
        { thresholds: ["x".repeat(201)] },
        { thresholds: Array.from({ length: 11 }, String) },
        { thresholds: undefined },
        { model: "" },
        { model: "ft:open-mistral-7b:other:20260101:1a2b3c4d" },
        { other: 1 },
      ]) {
        assert.equal((await own().call("POST", path("c"), miss(change))).status, 422, JSON.stringify(change));
      }
      await own().ok("POST", path("d"), miss({ thresholds: ["last"] }));
      await eventually("the last notification", () => ofHolder("d").length > 0);
      assert.deepEqual(ofHolder("c"), []);
    });
  });
});

describe("server: without webhooks", () => {
  const api = withServer();

  it("accepts a missed approval", async () => {
    const job = await api.trained();
    const body = { job_id: job.id, model: job.fine_tuned_model, thresholds: ["f1 0.1 is below 0.2"] };
    const reply = await api.ok("POST", "/v1/fine_tuning/holds/a/misses", body);
    assert.deepEqual(reply, { object: "fine_tuning.approval_miss" });
  });
});
