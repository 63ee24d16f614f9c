import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { execa } from "execa";
import { estimateTraining, TrainingRule } from "../../common/src/trainingRule";
import { recipeFile, recipePython } from "../../server/src/trainers/recipe/recipe";
import { Api, folder, type Json, removeFolders } from "../server/support";
import { TestServer } from "../support/server";
import { progressOf, TRAINING_ENV } from "./trainings";

const train = resolve(__dirname, "../../examples/self-hosted/train.jsonl");

describe("a plan of the included recipe", function () {
  this.timeout(10 * 60_000);
  const data = () => join(root, "data");
  let root: string;
  let server: TestServer;
  let api: Api;

  before("make a tiny model and start the server", async () => {
    root = folder();
    await execa(recipePython(), [recipeFile("make_tiny_model.py"), join(root, "tiny"), train], { env: TRAINING_ENV });
    const models = join(root, "models.json");
    const price = { per_million_tokens: 1000, currency: "EUR" };
    await writeFile(models, JSON.stringify({ models: { tiny: { path: "./tiny", price } } }));
    const args = ["--trainer", "process", "--models", models];
    server = await TestServer.start({ dataFolder: data(), args, env: TRAINING_ENV });
    api = new Api(server.url);
  });
  after(async () => {
    await server.terminate();
    removeFolders();
  });

  /** Waits until a job has a status. Tokenizing and training take longer than the trainings of other tests. */
  async function until(id: string, status: string): Promise<Json> {
    for (;;) {
      const job = await api.getJob(id);
      assert.ok(!job.status.startsWith("FAILED"), JSON.stringify(job.events[0]));
      if (job.status === status) return job;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }

  const body = async () => ({
    model: "tiny",
    training_files: [await api.fileId(await readFile(train, "utf8"))],
    hyperparameters: { epochs: 1 },
    auto_start: false,
  });

  it("is what the training does: steps, tokens per step, tokens and epochs", async () => {
    const { id } = await api.job(await body());
    const { metadata: planned } = await until(id, "VALIDATED");
    await api.ok("POST", `/v1/fine_tuning/jobs/${id}/start`);
    const { metadata } = await until(id, "SUCCESS");
    const start = (await progressOf(data(), id)).find(({ type }) => type === "start");
    assert.equal(planned.total_steps, start.total_steps);
    assert.equal(planned.train_tokens_per_step, start.tokens_per_step);
    assert.equal(planned.data_tokens, start.data_tokens);
    assert.ok(Math.abs(planned.epochs - start.epochs) < 1e-3);
    assert.equal(metadata.current_step, planned.total_steps);
    assert.equal(metadata.cost, planned.cost);
  });

  it("makes the next dry run exact, and the published rule comes close", async () => {
    const request = await body();
    const dryRun = await api.ok("POST", "/v1/fine_tuning/jobs?dry_run=true", request);
    assert.equal(dryRun.estimated, undefined);
    const rule = TrainingRule.parse((await api.ok("GET", "/v1/models/tiny")).training);
    assert.deepEqual([rule.epochs, rule.rule === "rows" && rule.min_steps], [3, 20]);
    const samples = (await readFile(train, "utf8")).trim().split("\n").length;
    const totals = { bytes: 0, samples, tokens: dryRun.data_tokens };
    const estimate = estimateTraining(rule, totals, { epochs: 1 }, "completion");
    console.log(`      steps ${dryRun.training_steps}, estimated ${estimate.totalSteps}`);
    console.log(`      cost ${dryRun.cost}, estimated ${estimate.cost}`);
    assert.ok(Math.abs((estimate.cost ?? 0) / dryRun.cost - 1) < 0.15);
  });

  it("shows the rows", async () => {
    const content = await readFile(train, "utf8");
    const reply = await api.send("/v1/fine_tuning/models/tiny/rows?rows=2", {
      method: "POST",
      headers: { "content-type": "application/x-ndjson" },
      body: content,
    });
    assert.equal(reply.status, 200, JSON.stringify(reply.body));
    const { messages } = JSON.parse(content.split("\n")[0] as string);
    assert.equal(reply.body.data.length, 2);
    assert.ok(reply.body.data[0].learned.includes(messages.at(-1).content));
  });
});
