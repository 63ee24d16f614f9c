import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "libsql";
import { createJobBody } from "../../../server/src/domain/jobSpec";
import { openDatabase } from "../../../server/src/store/database";
import { JobStore } from "../../../server/src/store/jobs";
import { inTransaction } from "../../../server/src/store/transaction";
import { Api, folder, samples, withServer } from "../support";

/** How the next write is undone. */
let undo: "never" | "at the end of its turn" | "in the middle of its turn" = "never";

const FULL = Object.assign(new Error("database or disk is full"), { code: "SQLITE_FULL" });
const { exec } = Database.prototype;

/** Undoes the transaction like SQLite on a full disk, in an action of another request. */
function failAnotherAction(database: Database.Database): void {
  assert.throws(
    () =>
      inTransaction(database, () => {
        database.exec("ROLLBACK");
        throw FULL;
      }),
    FULL,
  );
}

function failingExec(this: Database.Database, sql: string): Database.Database {
  if (sql === "COMMIT" && undo === "at the end of its turn") throw FULL;
  exec.call(this, sql);
  if (sql === "RELEASE action" && undo === "in the middle of its turn") {
    queueMicrotask(() => failAnotherAction(this));
  }
  return this;
}

const REPOSITORY = { owner: "o", name: "n", token: "t" };

describe("server: a write that is undone", () => {
  const api = withServer({ logLevel: "silent" });
  let file: string;
  let model: string;
  let validated: string;

  before(async () => {
    Database.prototype.exec = failingExec;
    file = await api.fileId();
    model = (await api.trained({ training_files: [file] })).fine_tuned_model;
    validated = (await api.job({ training_files: [file], auto_start: false })).id;
    await api.until(validated, "VALIDATED");
  });
  after(() => {
    Database.prototype.exec = exec;
  });
  afterEach(() => {
    undo = "never";
  });

  // No route may wait for anything else than `committed` between its write and its reply.
  const routes: [what: string, send: () => Promise<{ status: number; body: unknown }>][] = [
    ["an upload", () => api.upload(samples())],
    ["the first signed URL", () => api.call("GET", `/v1/files/${file}/url`)],
    [
      "a new job",
      () => api.call("POST", "/v1/fine_tuning/jobs", { model: "m", training_files: [file], auto_start: false }),
    ],
    ["the start of a job", () => api.call("POST", `/v1/fine_tuning/jobs/${validated}/start`)],
    ["a changed model", () => api.call("PATCH", `/v1/fine_tuning/models/${model}`, { description: "new" })],
    ["a new hold", () => api.call("PUT", "/v1/fine_tuning/holds/a", { models: [model] })],
    ["a delayed deletion", () => api.call("DELETE", `/v1/models/${model}`)],
    ["a model that is kept again", () => api.call("DELETE", `/v1/fine_tuning/models/${model}/archive`)],
    ["an ended hold", () => api.call("DELETE", "/v1/fine_tuning/holds/a")],
    ["an archived model", () => api.call("POST", `/v1/fine_tuning/models/${model}/archive`)],
    ["a restored model", () => api.call("DELETE", `/v1/fine_tuning/models/${model}/archive`)],
    ["a deleted model", () => api.call("DELETE", `/v1/models/${model}`)],
  ];
  for (const [what, send] of routes) {
    it(`is never answered with success: ${what}`, async () => {
      for (const when of ["at the end of its turn", "in the middle of its turn"] as const) {
        undo = when;
        const { status, body } = await send();
        assert.equal(status, 507, `${when}: ${JSON.stringify(body)}`);
      }
      undo = "never";
      const { status, body } = await send();
      assert.equal(status, 200, JSON.stringify(body));
    });
  }

  it("is never answered with success: a cancelled job and a deleted file", async () => {
    const other = await api.fileId(samples(), "other.jsonl");
    const { id } = await api.job({ training_files: [other], auto_start: false });
    await api.until(id, "VALIDATED");
    for (const [method, path] of [
      ["POST", `/v1/fine_tuning/jobs/${id}/cancel`],
      ["DELETE", `/v1/files/${other}`],
    ] as const) {
      undo = "at the end of its turn";
      assert.equal((await api.call(method, path)).status, 507, path);
      undo = "in the middle of its turn";
      assert.equal((await api.call(method, path)).status, 507, path);
      undo = "never";
      assert.equal((await api.call(method, path)).status, 200, path);
    }
    assert.equal((await new Api(api.url).call("GET", "/healthz")).status, 200);
  });

  it("is not logged as a status of a job", async () => {
    const database = openDatabase(join(folder(), "server.db"));
    const statuses: string[] = [];
    const jobs = new JobStore(database, (_id, status) => statuses.push(status));
    const spec = createJobBody.parse({ model: "m", repositories: [REPOSITORY] });
    const { id } = jobs.create(spec, "simulated", { workspace: "default", owner: "owner" });
    await jobs.committed();
    undo = "at the end of its turn";
    jobs.transition(id, "VALIDATING");
    await assert.rejects(jobs.committed() as Promise<void>, FULL);
    undo = "never";
    assert.throws(
      () =>
        jobs.atomically(() => {
          jobs.transition(id, "CANCELLED");
          throw new Error("no");
        }),
      /^Error: no$/,
    );
    jobs.transition(id, "VALIDATING");
    await jobs.committed();
    assert.deepEqual(statuses, ["VALIDATING"]);
    database.close();
  });

  it("is answered with 503 while another process locks the database", async () => {
    const other = new Database(join(api.dataDir, "server.db"));
    other.exec("BEGIN IMMEDIATE");
    const body = { model: "m", training_files: [file], auto_start: false };
    const { status, body: reply } = await api.call("POST", "/v1/fine_tuning/jobs", body);
    other.exec("ROLLBACK");
    other.close();
    assert.deepEqual([status, reply.type], [503, "unavailable"], JSON.stringify(reply));
    assert.equal((await api.call("POST", "/v1/fine_tuning/jobs", body)).status, 200);
  });
});

describe("server: a new job that is undone", () => {
  const programFolder = mkdtempSync(join(tmpdir(), "undone-"));
  const models = join(programFolder, "models.json");
  writeFileSync(models, JSON.stringify({ models: { m: { path: "./base" } } }));
  const api = withServer({ logLevel: "silent", trainer: "process", models, recipe: "true" });
  after(() => {
    undo = "never";
    rmSync(programFolder, { recursive: true });
    Database.prototype.exec = exec;
  });

  it("leaves no secrets", async () => {
    Database.prototype.exec = failingExec;
    const body = { model: "m", training_files: [await api.fileId()], repositories: [REPOSITORY], auto_start: false };
    for (const when of ["at the end of its turn", "in the middle of its turn"] as const) {
      undo = when;
      assert.equal((await api.call("POST", "/v1/fine_tuning/jobs", body)).status, 507, when);
      assert.deepEqual(readdirSync(join(api.dataDir, "secrets")), [], when);
    }
  });
});
