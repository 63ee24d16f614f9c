import assert from "node:assert/strict";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createJobBody } from "../../../server/src/domain/jobSpec";
import { TemporaryError } from "../../../server/src/domain/systemError";
import type { Plan, Progress, Trainer, TrainingRequest } from "../../../server/src/domain/trainer";
import { Supervisor } from "../../../server/src/jobs/supervisor";
import { BlobStore } from "../../../server/src/store/blobs";
import { type Database, openDatabase } from "../../../server/src/store/database";
import { FileStore } from "../../../server/src/store/files";
import { JobStore } from "../../../server/src/store/jobs";
import { MetricStore } from "../../../server/src/store/metrics/metricStore";
import { ModelStore } from "../../../server/src/store/models";
import { SecretStore } from "../../../server/src/store/secrets";
import { eventually } from "../../support/eventually";
import { folder, removeFolders } from "../support";

const PLAN: Plan = {
  totalSteps: 10,
  epochs: 1,
  samples: 1,
  skippedSamples: 0,
  dataTokens: 1,
  tokensPerStep: 1,
};
const CALLER = { workspace: "default", owner: "owner" };
const RUNNING: Progress = { state: "running", step: 1, checkpoints: [] };

function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: failed, open '/secret/path'`), { code, errno: -1, syscall: "open" });
}

/** A trainer whose methods a test can replace. Counts their calls. */
class FakeTrainer implements Trainer {
  readonly name = "fake";
  readonly hasPrice = false;
  readonly calls: string[] = [];
  /** Called before each method. */
  fail: (method: string) => void = () => {};
  progress = RUNNING;

  private called(method: string): void {
    this.calls.push(method);
    this.fail(method);
  }

  count(method: string): number {
    return this.calls.filter((each) => each === method).length;
  }

  async trainingRule() {
    return undefined;
  }
  /** Called by `validate`. */
  validating: (signal: AbortSignal) => Promise<void> = async () => {};
  async validate(_request: TrainingRequest, signal: AbortSignal) {
    this.called("validate");
    await this.validating(signal);
    return { ok: true as const, plan: PLAN };
  }
  async estimate() {
    return { ok: true as const, plan: PLAN };
  }
  async start() {
    this.called("start");
  }
  async reattach() {
    this.called("reattach");
  }
  async cancel() {
    this.called("cancel");
  }
  async poll() {
    this.called("poll");
    return this.progress;
  }
  async release() {
    this.called("release");
  }
}

describe("server: system errors in the work on jobs", () => {
  let database: Database;
  let jobs: JobStore;
  let trainer: FakeTrainer;
  let supervisor: Supervisor;
  let logged: unknown[];
  let retried: unknown[];

  beforeEach(() => {
    const dataDir = folder();
    database = openDatabase(join(dataDir, "server.db")) as unknown as Database;
    jobs = new JobStore(database);
    trainer = new FakeTrainer();
    [logged, retried] = [[], []];
    supervisor = new Supervisor({
      metrics: new MetricStore(database),
      jobs,
      files: new FileStore(database, new BlobStore(dataDir)),
      models: new ModelStore(database),
      secrets: new SecretStore(dataDir),
      trainers: new Map([[trainer.name, trainer]]),
      onError: (_id, error) => logged.push(error),
      onRetry: (_id, error) => retried.push(error),
      persistentAfter: 50,
    });
  });

  afterEach(async () => {
    trainer.fail = () => {};
    await supervisor.close();
    database.close();
    removeFolders();
  });

  function create(): string {
    const spec = createJobBody.parse({
      model: "m",
      repositories: [{ owner: "o", name: "n", token: "t" }],
      auto_start: true,
    });
    const { id } = jobs.create(spec, trainer.name, CALLER);
    supervisor.advanceNow(id);
    return id;
  }

  const statusOf = (id: string) => jobs.get(id)?.status;
  const until = (id: string, status: string) => eventually(status, () => statusOf(id) === status);
  const namesOf = (id: string) =>
    jobs
      .events(id)
      .map(({ name }) => name)
      .filter((name) => name !== "status-updated")
      .reverse();

  /** Fails the next calls of a method. */
  function failNext(method: string, times: number, error: Error): void {
    let left = times;
    trainer.fail = (called) => {
      if (called === method && left-- > 0) throw error;
    };
  }

  /** Fails all commits until the returned function is called. */
  function failCommits(): () => void {
    const exec = database.exec.bind(database);
    database.exec = ((sql: string) => {
      if (sql === "COMMIT") throw systemError("SQLITE_FULL");
      return exec(sql);
    }) as typeof database.exec;
    return () => {
      database.exec = exec as typeof database.exec;
    };
  }

  for (const code of ["EMFILE", "ENFILE", "EIO", "ESTALE", "EBUSY", "EAGAIN", "ENOMEM", "ENOSPC", "ETIMEDOUT"]) {
    it(`retries a poll after ${code}`, async () => {
      supervisor.open();
      const id = create();
      await until(id, "RUNNING");
      failNext("poll", 2, systemError(code));
      await eventually("the second failure", () => retried.length > 0);
      trainer.progress = { ...RUNNING, state: "succeeded", step: 10 };
      await until(id, "SUCCESS");
      assert.deepEqual([logged, retried.length], [[], 1]);
    });
  }

  for (const code of ["SQLITE_BUSY", "SQLITE_FULL", "SQLITE_IOERR_WRITE", "SQLITE_CANTOPEN"]) {
    it(`retries after ${code}`, async () => {
      supervisor.open();
      const id = create();
      await until(id, "RUNNING");
      failNext("poll", 1, systemError(code));
      trainer.progress = { ...RUNNING, state: "succeeded", step: 10 };
      await until(id, "SUCCESS");
      assert.deepEqual([logged, namesOf(id).includes("server-error")], [[], false]);
    });
  }

  for (const method of ["validate", "start"]) {
    it(`retries \`${method}\``, async () => {
      supervisor.open();
      failNext(method, 2, systemError("EMFILE"));
      await until(create(), "RUNNING");
      assert.equal(trainer.count(method), 3);
      assert.deepEqual(logged, []);
    });
  }

  it("retries `reattach` before it polls", async () => {
    const { id } = jobs.create(
      createJobBody.parse({ model: "m", repositories: [{ owner: "o", name: "n", token: "t" }] }),
      trainer.name,
      CALLER,
    );
    for (const status of ["VALIDATING", "VALIDATED", "STARTED", "RUNNING"] as const) {
      jobs.transition(id, status, status === "STARTED" ? { startedAt: 1, plan: PLAN } : {});
    }
    failNext("reattach", 2, systemError("EMFILE"));
    supervisor.open();
    await eventually("a poll", () => trainer.count("poll") > 0);
    assert.deepEqual(trainer.calls.slice(0, 4), ["reattach", "reattach", "reattach", "poll"]);
    assert.equal(statusOf(id), "RUNNING");
  });

  it("retries `release` of a job that has ended", async () => {
    supervisor.open();
    failNext("release", 3, systemError("EMFILE"));
    trainer.progress = { ...RUNNING, state: "succeeded", step: 10 };
    const id = create();
    await until(id, "SUCCESS");
    await eventually("the release", () => trainer.count("release") === 4);
    assert.deepEqual(namesOf(id).includes("server-error"), false);
  });

  it("leaves a job as it is while the error persists, adds one event, and one when it is over", async () => {
    supervisor.open();
    const id = create();
    await until(id, "RUNNING");
    assert.equal(supervisor.persistentFailure, undefined);
    trainer.fail = (method) => {
      if (method === "poll") throw systemError("EMFILE");
    };
    const before = trainer.count("poll");
    await eventually("five failed polls", () => trainer.count("poll") >= before + 5);
    assert.equal(statusOf(id), "RUNNING");
    assert.equal(supervisor.persistentFailure, "too many files are open (EMFILE)");
    assert.deepEqual(namesOf(id), ["server-error"]);
    const [event] = jobs.events(id);
    assert.match(event?.data.reason as string, /too many files are open \(EMFILE\).*keeps trying/);
    assert.doesNotMatch(JSON.stringify(event), /secret/);
    trainer.fail = () => {};
    await eventually("the end of the failure", () => supervisor.persistentFailure === undefined);
    await eventually("the event", () => namesOf(id).length === 2);
    assert.deepEqual(namesOf(id), ["server-error", "server-recovered"]);
    assert.equal(retried.length, 1);
  });

  it("acts on a cancellation at once, also during the delay before a retry", async () => {
    supervisor.open();
    const id = create();
    await until(id, "RUNNING");
    trainer.fail = (method) => {
      if (method === "poll") throw systemError("EIO");
    };
    const before = trainer.count("poll");
    await eventually("five failed polls", () => trainer.count("poll") >= before + 5);
    trainer.fail = () => {};
    trainer.progress = { ...RUNNING, state: "cancelled" };
    const started = performance.now();
    supervisor.cancel(id);
    await until(id, "CANCELLED");
    assert.ok(performance.now() - started < 1000);
  });

  it("polls at the usual interval after the clock is set back by an hour", async () => {
    supervisor.open();
    const id = create();
    await until(id, "RUNNING");
    const { now } = Date;
    Date.now = () => now() - 3_600_000;
    try {
      trainer.progress = { ...RUNNING, state: "succeeded", step: 10 };
      await eventually("SUCCESS", () => statusOf(id) === "SUCCESS", { withinMs: 1500 });
    } finally {
      Date.now = now;
    }
  });

  it("does not blame the machine for a cluster that is unreachable", async () => {
    supervisor.open();
    trainer.fail = (method) => {
      if (method === "release") throw new TemporaryError("unreachable");
    };
    trainer.progress = { ...RUNNING, state: "succeeded", step: 10 };
    await until(create(), "SUCCESS");
    await eventually("four releases", () => trainer.count("release") >= 4);
    assert.equal(supervisor.persistentFailure, undefined);
  });

  for (const [what, error] of [
    ["a logic error", new TypeError("undefined is not a function")],
    ["a missing file", systemError("ENOENT")],
  ] as const) {
    it(`fails a job after ${what}, and then releases it`, async () => {
      supervisor.open();
      const id = create();
      await until(id, "RUNNING");
      failNext("poll", 1, error);
      await until(id, "FAILED");
      await eventually("the release", () => trainer.count("release") === 1);
      assert.deepEqual(logged, [error]);
    });
  }

  it("waits before each retry while the failure of a job cannot be stored", async () => {
    supervisor.open();
    const id = create();
    await until(id, "RUNNING");
    // Otherwise the status RUNNING may be undone too.
    await jobs.committed();
    const repair = failCommits();
    trainer.fail = (method) => {
      if (method === "poll") throw new TypeError("a logic error");
    };
    await eventually("the error", () => logged.length > 0);
    await sleep(500);
    const attempts = logged.length;
    repair();
    assert.ok(attempts <= 5, `${attempts} attempts in half a second`);
    assert.equal(statusOf(id), "RUNNING");
    await until(id, "FAILED");
  });

  it("is ready again after a failing job became one that nothing is done for", async () => {
    supervisor.open();
    trainer.fail = (method) => {
      if (method === "validate") throw systemError("EMFILE");
    };
    const id = create();
    await eventually("a persistent failure", () => supervisor.persistentFailure !== undefined);
    // As if the result was stored, and only a later transaction failed.
    jobs.transition(id, "VALIDATED", { plan: PLAN });
    await eventually("readiness", () => supervisor.persistentFailure === undefined, { withinMs: 3000 });
  });

  it("releases only jobs that have ended, and keeps polling the others", async () => {
    supervisor.open();
    const id = create();
    await until(id, "RUNNING");
    assert.equal(await supervisor.release(id), false);
    const polls = trainer.count("poll");
    await eventually("polls", () => trainer.count("poll") > polls, { withinMs: 2000 });
    assert.equal(trainer.count("release"), 0);
  });

  it("does not count a job as released when this server does not have its trainer", async () => {
    const spec = createJobBody.parse({ model: "m", repositories: [{ owner: "o", name: "n", token: "t" }] });
    const { id } = jobs.create(spec, "another", CALLER);
    jobs.transition(id, "CANCELLED");
    assert.equal(await supervisor.release(id), false);
  });

  it("does not fail a job in validation whose cancellation cannot be stored", async () => {
    supervisor.open();
    trainer.validating = async (signal) => {
      await sleep(60_000, undefined, { signal, ref: false }).catch(async (error) => {
        // A real validation ends later than the commit fails.
        await sleep(20);
        throw error;
      });
    };
    const id = create();
    await eventually("the validation", () => trainer.count("validate") > 0);
    await jobs.committed();
    const repair = failCommits();
    supervisor.cancel(id);
    await assert.rejects(jobs.committed() as Promise<void>, { code: "SQLITE_FULL" });
    repair();
    await sleep(50);
    assert.deepEqual([statusOf(id), logged], ["VALIDATING", []]);
    supervisor.cancel(id);
    assert.equal(statusOf(id), "CANCELLED");
    await eventually("the release", () => trainer.count("release") === 1);
    assert.deepEqual([trainer.count("validate"), logged], [1, []]);
  });

  it("fails no other job of the same transaction", async () => {
    supervisor.open();
    const ids = [create(), create(), create()];
    for (const id of ids) await until(id, "RUNNING");
    const record = jobs.record.bind(jobs);
    jobs.record = (id, ...rest) => {
      if (id === ids[1]) throw new TypeError("a logic error");
      record(id, ...rest);
    };
    trainer.progress = { ...RUNNING, state: "succeeded", step: 10 };
    await until(ids[1] as string, "FAILED");
    for (const id of [ids[0], ids[2]]) await until(id as string, "SUCCESS");
  });

  describe("queries", () => {
    /** Counts the statements that the store executes. */
    function counting(): { sql: string[] } {
      const counts = { sql: [] as string[] };
      const [prepare, exec] = [database.prepare.bind(database), database.exec.bind(database)];
      database.prepare = ((sql: string) => {
        counts.sql.push(sql);
        return prepare(sql);
      }) as typeof database.prepare;
      database.exec = ((sql: string) => {
        counts.sql.push(sql);
        return exec(sql);
      }) as typeof database.exec;
      return counts;
    }

    it("are one for the states and one transaction for all results, and read no specs", async () => {
      supervisor.open();
      const ids = Array.from({ length: 20 }, create);
      for (const id of ids) await until(id, "RUNNING");
      await eventually("the first progress", () => ids.every((id) => jobs.get(id)?.progress !== undefined));
      const counts = counting();
      const polls = trainer.count("poll");
      await eventually("60 polls", () => trainer.count("poll") >= polls + 60);
      const perPoll = counts.sql.length / (trainer.count("poll") - polls);
      // With all jobs in a tick, a tick has four statements: states, BEGIN, states, COMMIT.
      assert.ok(perPoll < 2, `${perPoll} statements per poll`);
      assert.ok(!counts.sql.some((sql) => /spec|\*/.test(sql)), [...new Set(counts.sql)].join("\n"));
    });

    it("do not exist while all jobs wait in a queue", async () => {
      supervisor.open();
      const wait = { stateChangesAt: Number.POSITIVE_INFINITY, progressChangesAt: Number.POSITIVE_INFINITY };
      trainer.progress = { state: "starting", step: 0, checkpoints: [], reason: "Queued: number 1", ...wait };
      const ids = Array.from({ length: 20 }, create);
      await eventually("the reasons", () => ids.every((id) => jobs.get(id)?.progress?.waitingFor !== undefined));
      const [counts, polls] = [counting(), trainer.count("poll")];
      await new Promise((resolve) => setTimeout(resolve, 500));
      assert.deepEqual([counts.sql, trainer.count("poll")], [[], polls]);
      // The trainer announces that a job may start.
      trainer.progress = RUNNING;
      (trainer as Trainer).onChange?.(ids[7] as string);
      await until(ids[7] as string, "RUNNING");
      assert.equal(trainer.count("poll"), polls + 1);
      trainer.progress = { ...RUNNING, state: "cancelled" };
      supervisor.cancel(ids[3] as string);
      await until(ids[3] as string, "CANCELLED");
    });
  });
});
