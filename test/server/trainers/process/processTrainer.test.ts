import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { tokenVariable } from "../../../../server/dist/trainers/program/jobFile";
import { processesWith } from "../../../../tools/processes";
import { skipUnlessCi } from "../../../support/ci";
import { eventually } from "../../../support/eventually";
import { Api, contents, folder, type Json } from "../../support";
import { assertTrained, REPOSITORIES, SECRET, waitUntilGroupEnded, withTrainings } from "../../trainings";

describe("server: the process trainer", () => {
  const trainings = withTrainings();

  it("reports the program's progress and result", async () => {
    const api = await trainings.start({ m: { price: { per_million_tokens: 3, currency: "EUR" } } });
    const job = await api.trained({ model: "m", validation_files: [await api.fileId()] });
    assertTrained(job, 10);
    assert.ok(!job.events.some((event: Json) => ["no-trained-tokens", "empty-artifact"].includes(event.name)));
    const { metadata } = job;
    assert.deepEqual(
      [metadata.simulated, metadata.trainer, metadata.stop_reason, metadata.total_steps, metadata.epochs],
      [false, "process", "completed", 10, 1],
    );
    assert.equal(metadata.cost_currency, "EUR");
    assert.equal(metadata.train_loss, 0.2);
    assert.equal(job.trained_tokens, 1000);
    const statuses = job.events.map((event: Json) => event.data.status).reverse();
    assert.deepEqual(
      statuses.filter((status: string) => status !== undefined),
      ["QUEUED", "VALIDATING", "VALIDATED", "STARTED", "RUNNING", "SUCCESS"],
    );
    assert.equal(
      job.artifact.url,
      `${api.url}/v1/fine_tuning/models/${encodeURIComponent(job.fine_tuned_model)}/artifact`,
    );
    // The working files of the training are deleted.
    await eventually("the deletion of working files", async () =>
      ["data", "checkpoints"].some((name) => existsSync(trainings.server.path(job.id, name))) ? undefined : true,
    );
    await waitUntilGroupEnded(await trainings.server.group(job.id));
  });

  it("lists the base models, and the commits of the repositories", async () => {
    const api = await trainings.start({ m: {} });
    const [repository] = REPOSITORIES;
    const job = await api.trained({ model: "m", repositories: [repository, { ...repository, ref: "v1" }] });
    const { data } = await api.ok("GET", "/v1/models");
    assert.deepEqual(
      data.map((model: Json) => model.id),
      ["open-mistral-7b", "m", job.fine_tuned_model],
    );
    const commits = job.repositories.map((each: Json) => each.commit_id);
    assert.deepEqual(commits, ["a".repeat(40), "b".repeat(40)]);
  });

  it("publishes the settings of the models file as the training rule", async () => {
    const price = { per_million_tokens: 3, currency: "EUR" };
    const api = await trainings.start({ m: { seq_len: 2048, batch_size: 4, packing: true, price } });
    const { training } = await api.ok("GET", "/v1/models/m");
    assert.deepEqual(training, {
      rule: "rows",
      seq_len: 2048,
      rows_per_step: 8,
      packing: true,
      epochs: 1,
      min_steps: 1,
      min_steps_per_epoch: 1,
      characters_per_token: 4,
      fixed_row_length: true,
      batch_size: 4,
      price,
    });
    const body = { model: "m", training_files: [await api.fileId()], hyperparameters: { training_steps: 10 } };
    const estimate = await api.ok("POST", "/v1/fine_tuning/jobs?dry_run=true", body);
    assert.equal(estimate.cost, Number(((estimate.train_tokens / 1e6) * 3).toFixed(4)));
  });

  it("reports no cost without a price", async () => {
    const api = await trainings.start();
    const { metadata } = await api.trained();
    assert.ok(!("cost" in metadata) && !("cost_currency" in metadata));
  });

  it("trains with the smallest program of the documentation", async function () {
    if (spawnSync("python3", ["--version"]).status !== 0) {
      skipUnlessCi(this, "there is no python3 here");
    }
    const text = readFileSync(join(__dirname, "../../../../docs/training-programs.md"), "utf8");
    const program = join(folder(), "train.py");
    writeFileSync(program, /```python\n(.*?)```/s.exec(text)?.[1] as string);
    const api = await trainings.create().start("--recipe", `python3 '${program}'`);
    const { metadata, events } = await api.trained();
    assert.deepEqual([metadata.current_step, metadata.train_loss], [10, 0.1]);
    // This program trains nothing.
    const reasonOf = (name: string) => events.find((event: Json) => event.name === name).data.reason;
    assert.equal(reasonOf("no-trained-tokens"), "The training program reported 0 trained tokens");
    assert.equal(reasonOf("empty-artifact"), "The artifact contains no data: its files are empty");
  });

  it("reports early stopping", async () => {
    const api = await trainings.start({ m: { behaviour: "early stopping", at: 4 } });
    const { metadata } = await api.trained({ model: "m" });
    assert.deepEqual(
      [metadata.stop_reason, metadata.current_step, metadata.progress_percentage],
      ["early_stopping", 4, 100],
    );
  });

  it("never shows secrets in the process list", async function () {
    if (process.platform !== "linux") this.skip();
    const api = await trainings.start({ m: { ms: 100 } });
    const { id } = await api.job({ model: "m", repositories: REPOSITORIES });
    await api.until(id, "RUNNING");
    const programs = processesWith(`${tokenVariable(0)}=${SECRET}`);
    assert.ok(programs.length > 0, "no program has the secret in its environment");
    assert.ok(!programs.some(({ command }) => command.includes(SECRET)), JSON.stringify(programs));
  });

  it("passes secrets in the environment, and deletes them when the job has ended", async () => {
    const api = await trainings.start({ m: { behaviour: "crash", ms: 50 } });
    const { id } = await api.job({ model: "m", repositories: REPOSITORIES });
    assert.match(readFileSync(join(trainings.server.dataDir, "secrets", `${id}.json`), "utf8"), new RegExp(SECRET));
    const job = await api.until(id, "FAILED");
    assert.match(job.events[0].data.reason, /\[secret\].*the recipe is broken/s);
    await eventually("the deletion of secrets", async () =>
      readdirSync(join(trainings.server.dataDir, "secrets")).length === 0 ? true : undefined,
    );
    // A graceful shutdown, so that the server finishes its deletions. Only the log still contains the secret, because
    // the program has printed it.
    await trainings.server.kill("SIGTERM");
    const holders = [...contents(trainings.server.dataDir)].filter(([, content]) => content.includes(SECRET));
    assert.deepEqual(
      holders.map(([name]) => name),
      [trainings.server.path(id, "log.txt")],
    );
  });

  it("schedules the queued jobs of several owners round-robin", async () => {
    const { url } = await trainings.start({ slow: { ms: 60_000 } }, "--api-key", "one", "--api-key", "two");
    const [one, two] = [new Api(url, "one"), new Api(url, "two")];
    const running = await one.job({ model: "slow" });
    await one.until(running.id, "RUNNING");
    const position = async ({ id }: Json) => /number (\d)/.exec((await one.getJob(id)).metadata.waiting_for ?? "")?.[1];
    const jobs: Json[] = [];
    for (const owner of [one, one, two]) {
      const job = await owner.job();
      jobs.push(job);
      await eventually("a position in the queue", () => position(job));
    }
    // Each job's position is stored by its own poll, so one reply may be older than another.
    await eventually("the positions 2, 3 and 1", async () => {
      const positions = await Promise.all(jobs.map(position));
      return positions.join() === "2,3,1" ? true : undefined;
    });
  });
});
