import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import Database from "libsql";
import { type RunningServer, type ServerOptions, startServer } from "../../../server/src/index";
import { eventually } from "../../support/eventually";
import { TestServer } from "../../support/server";
import { Api, CLASSIFIER_TARGETS, folder, history, type Json, removeFolders } from "../support";

const STATUSES = ["QUEUED", "VALIDATING", "VALIDATED", "STARTED", "RUNNING"];

describe("server: restart", () => {
  let dataDir: string;
  let server: RunningServer;

  beforeEach(() => {
    dataDir = folder();
  });

  afterEach(async () => {
    await server.close();
    await TestServer.killAll();
    removeFolders();
  });

  async function start(options: Partial<ServerOptions> = {}): Promise<Api> {
    server = await startServer({ dataDir, speed: 40, ...options });
    return new Api(server.url);
  }

  async function restart(options: Partial<ServerOptions> = {}): Promise<Api> {
    await server.close();
    return start(options);
  }

  async function untilStep(api: Api, id: string, step: number): Promise<Json> {
    return eventually(`step ${step}`, async () => {
      const job = await api.getJob(id);
      return job.metadata.current_step >= step ? job : undefined;
    });
  }

  it("resumes a training at the same step, also with another --speed", async () => {
    let api = await start();
    const { id } = await api.job({ hyperparameters: { training_steps: 30 } });
    const before = await untilStep(api, id, 8);
    api = await restart({ speed: 1 });
    const after = await api.getJob(id);
    assert.equal(after.status, "RUNNING");
    assert.ok(after.metadata.current_step >= before.metadata.current_step);
    const job = await api.until(id, "SUCCESS");
    assert.deepEqual(history(job), [...STATUSES, "SUCCESS"]);
    const steps = job.checkpoints.map((each: Json) => each.step_number);
    assert.deepEqual(steps, [30, 27, 24, 21, 18, 15, 12, 9, 6, 3]);
    const kept = job.checkpoints.filter((each: Json) => each.step_number <= before.checkpoints[0].step_number);
    assert.deepEqual(kept, before.checkpoints);
    assert.equal((await api.ok("GET", `/v1/models/${job.fine_tuned_model}`)).job, id);
  });

  it("completes a training that ended while no server was running", async () => {
    let api = await start();
    const { id } = await api.job({ hyperparameters: { training_steps: 10 } });
    await api.until(id, "RUNNING");
    await server.close();
    await sleep(700);
    api = await start();
    const job = await api.until(id, "SUCCESS");
    assert.equal(job.metadata.current_step, 10);
  });

  it("repeats an interrupted validation", async () => {
    let api = await start();
    const { id } = await api.job();
    await api.until(id, "VALIDATING");
    api = await restart();
    assert.deepEqual(history(await api.until(id, "SUCCESS")), [...STATUSES, "SUCCESS"]);
  });

  it("keeps a job in VALIDATED until it is started", async () => {
    let api = await start({ speed: 1000 });
    const { id } = await api.job({ auto_start: false });
    await api.until(id, "VALIDATED");
    api = await restart({ speed: 1000 });
    // A job that was created after the restart has ended, so the server had time to start this job too.
    await api.trained();
    assert.equal((await api.getJob(id)).status, "VALIDATED");
    await api.ok("POST", `/v1/fine_tuning/jobs/${id}/start`);
    await api.until(id, "SUCCESS");
  });

  it("completes a cancellation", async () => {
    let api = await start({ speed: 4 });
    const { id } = await api.job({ hyperparameters: { training_steps: 1000 } });
    await api.until(id, "RUNNING");
    await api.ok("POST", `/v1/fine_tuning/jobs/${id}/cancel`);
    api = await restart();
    const job = await api.until(id, "CANCELLED");
    assert.deepEqual(history(job), [...STATUSES, "CANCELLATION_REQUESTED", "CANCELLED"]);
  });

  it("keeps files, models and signed URLs", async () => {
    let api = await start({ speed: 1000 });
    const file = await api.fileId("{}", "kept.jsonl");
    const { url } = await api.ok("GET", `/v1/files/${file}/url`);
    const { fine_tuned_model } = await api.trained();
    await api.ok("PATCH", `/v1/fine_tuning/models/${fine_tuned_model}`, { name: "kept" });
    api = await restart();
    const { pathname, search } = new URL(url);
    assert.deepEqual((await api.call("GET", pathname + search)).body, "{}");
    assert.equal((await api.ok("GET", `/v1/models/${fine_tuned_model}`)).name, "kept");
  });

  it("removes other users' access to a data folder that existed before, and keeps its group's", async () => {
    chmodSync(dataDir, 0o755);
    const api = await start();
    assert.equal(statSync(dataDir).mode & 0o777, 0o750);
    await api.fileId();
  });

  it("removes only the incomplete uploads of a crashed server", async () => {
    const api = await start();
    const id = await api.fileId();
    await server.close();
    const orphans = [join(dataDir, "uploads", "half"), join(dataDir, "files", "unnamed")];
    for (const path of orphans) {
      writeFileSync(path, "x");
    }
    await start();
    assert.deepEqual(
      orphans.map((path) => existsSync(path)),
      [false, false],
    );
    assert.ok(existsSync(join(dataDir, "files", id)));
  });

  it("fails while another server uses the data folder", async () => {
    await start();
    await assert.rejects(startServer({ dataDir }), /^UsageError: .* is in use by another server/);
  });

  it("fails on data of a newer version", async () => {
    mkdirSync(dataDir, { recursive: true });
    const database = new Database(join(dataDir, "server.db"));
    database.exec("PRAGMA user_version = 99");
    database.close();
    await assert.rejects(startServer({ dataDir }), /^UsageError: .* was written by a newer version/);
    dataDir = folder();
    await start();
  });

  it("accepts data of the first version", async () => {
    let api = await start({ speed: 1000 });
    const integrations = [{ project: "p", name: "n", api_key: "w".repeat(40) }];
    const { id, fine_tuned_model, training_files } = await api.trained({ integrations });
    const { url } = await api.ok("GET", `/v1/files/${training_files[0]}/url`);
    const classifier = await api.job({ classifier_targets: CLASSIFIER_TARGETS, auto_start: false });
    await server.close();
    const database = new Database(join(dataDir, "server.db"));
    database.exec(
      `DROP INDEX models_by_job; ALTER TABLE models DROP COLUMN artifact_bytes; ALTER TABLE events DROP COLUMN line;
       UPDATE jobs SET spec = json_set(spec, '$.classifier_targets',
         json(coalesce((SELECT targets FROM job_targets WHERE job_seq = seq), '[]')));
       DROP TABLE job_targets; DROP TABLE passed_contents; DROP TABLE job_integrations; DROP INDEX jobs_by_model; DROP INDEX jobs_by_owner;
       DROP INDEX jobs_by_status; CREATE INDEX jobs_by_status ON jobs (status);
       DROP INDEX jobs_by_suffix; CREATE INDEX jobs_by_suffix ON jobs (suffix);
       DROP INDEX jobs_by_creation; CREATE INDEX jobs_by_creation ON jobs (created_at, seq);
       DROP INDEX jobs_by_workspace_status; DROP INDEX files_by_creation; DROP INDEX models_by_creation;
       ALTER TABLE jobs DROP COLUMN workspace; ALTER TABLE files DROP COLUMN workspace;
       ALTER TABLE models DROP COLUMN workspace;
       CREATE TABLE secrets (name TEXT PRIMARY KEY, value TEXT NOT NULL);
       INSERT INTO secrets SELECT 'url-signing-key', value FROM signing_keys; DROP TABLE signing_keys;
       DROP TRIGGER forget_answers_of_models; DROP TRIGGER forget_answers_to_files;
       DROP TABLE evaluations; DROP TABLE evaluation_targets; DROP TABLE model_evaluations;
       DROP TABLE webhook_deliveries; DROP TABLE approval_misses;
       DROP TABLE metric_points; DROP TABLE metric_series; DROP TABLE held_models; DROP TABLE holds; ALTER TABLE models DROP COLUMN pending_deletion_policy;
       DROP TABLE sessions; DROP TABLE data_folder;
       PRAGMA user_version = 1`,
    );
    database.close();
    api = await start({ speed: 1000 });
    // The data of jobs that earlier versions have validated counts as validated.
    const upgraded = new Database(join(dataDir, "server.db"));
    const row = upgraded.prepare("SELECT count(*) AS contents FROM passed_contents").get() as { contents: number };
    upgraded.close();
    assert.equal(row.contents, 1);
    assert.equal((await api.getJob(id)).fine_tuned_model, fine_tuned_model);
    const { classifier_targets } = await api.getJob(classifier.id);
    assert.deepEqual(classifier_targets, [{ ...CLASSIFIER_TARGETS[0], weight: 1, loss_function: "single_class" }]);
    assert.equal((await api.ok("GET", `/v1/models/${fine_tuned_model}`)).workspace_id, "default");
    const { pathname, search } = new URL(url);
    assert.equal((await api.call("GET", pathname + search)).status, 200);
    const { data } = await api.ok("GET", "/v1/fine_tuning/jobs?wandb_project=p&wandb_name=n");
    assert.deepEqual(
      data.map((job: Json) => job.id),
      [id],
    );
    await api.trained();
  });

  it("loses no job after SIGKILL and trains none twice", async () => {
    const child = await TestServer.start({ dataFolder: dataDir, speed: 20 });
    const api = new Api(child.url);
    const running = await api.job({ hyperparameters: { training_steps: 20 } });
    const validated = await api.job({ auto_start: false });
    await api.until(validated.id, "VALIDATED");
    await untilStep(api, running.id, 3);
    const validating = await api.job();
    const { metadata } = await api.getJob(running.id);
    assert.equal((await child.kill())?.exit, "SIGKILL");

    await child.start();
    assert.ok((await api.getJob(running.id)).metadata.current_step >= metadata.current_step);
    for (const { id } of [running, validating]) {
      assert.deepEqual(history(await api.until(id, "SUCCESS")), [...STATUSES, "SUCCESS"]);
    }
    assert.equal((await api.getJob(validated.id)).status, "VALIDATED");
    assert.equal((await api.ok("GET", "/v1/fine_tuning/jobs")).total, 3);
    assert.equal((await api.ok("GET", "/v1/models")).data.filter((each: Json) => each.type !== "base").length, 2);
    assert.equal((await child.terminate())?.exit, 0);
    await start();
  });
});
