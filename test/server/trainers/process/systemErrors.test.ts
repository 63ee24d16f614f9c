import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { openDatabase } from "../../../../server/src/store/database";
import { eventually } from "../../../support/eventually";
import type { Json } from "../../support";
import { assertTrained, isRunning, waitUntilGroupEnded, withTrainings } from "../../trainings";

describe("server: system errors during a training", () => {
  const trainings = withTrainings();

  const serverEvents = (job: Json) =>
    job.events
      .map(({ name }: Json) => name)
      .filter((name: string) => name.startsWith("server-"))
      .reverse();

  /** Starts a training and a queued job. */
  async function startTwo(model: object = { ms: 150 }) {
    const api = await trainings.start({ m: model });
    const { id } = await api.job({ model: "m", hyperparameters: { training_steps: 30 } });
    await api.until(id, "RUNNING");
    const next = await api.job();
    await eventually("a queued job", async () => (await api.getJob(next.id)).metadata.waiting_for !== undefined);
    return { api, id, nextId: next.id as string, group: await trainings.server.group(id) };
  }

  it("too many open files end no training, and start no other one beside it", async function () {
    if (spawnSync("prlimit", ["--version"]).status !== 0) this.skip();
    const { api, id, nextId, group } = await startTwo();
    const { pid } = trainings.server;
    const limit = (files: string) => execFileSync("prlimit", ["--pid", String(pid), `--nofile=${files}:`]);
    const open = readdirSync(`/proc/${pid}/fd`).length;
    // Every further `open`, also that of /proc/PID/stat, fails with EMFILE.
    limit("10");
    assert.ok(open > 10);
    await sleep(1500);
    limit("1024");
    const job = await api.getJob(id);
    assert.deepEqual([job.status, isRunning(group)], ["RUNNING", true]);
    assert.ok(!existsSync(trainings.server.path(nextId, "attempt.json")));
    assertTrained(await api.until(id, "SUCCESS"), 30);
    assert.equal(trainings.server.programs(id).length, 1);
    await api.until(nextId, "SUCCESS");
  });

  it("a persistent error leaves the job RUNNING, adds one event, and makes the server unready", async () => {
    const { api, id, nextId, group } = await startTwo({ ms: 60_000 });
    const [path, saved] = [trainings.server.path(id, "attempt.json"), trainings.server.path(id, "saved")];
    renameSync(path, saved);
    mkdirSync(path);
    const failing = await eventually("an unready server", async () => {
      const reply = await api.call("GET", "/readyz");
      return reply.status === 503 ? reply : undefined;
    });
    const reason = "a file or folder cannot be accessed (EISDIR)";
    assert.deepEqual(failing.body, { status: "failing", reason });
    assert.equal((await api.call("GET", "/healthz")).status, 200);
    const job = await api.getJob(id);
    assert.deepEqual([job.status, isRunning(group), serverEvents(job)], ["RUNNING", true, ["server-error"]]);
    assert.ok(!existsSync(trainings.server.path(nextId, "attempt.json")));
    renameSync(path, `${saved}.folder`);
    renameSync(saved, path);
    await eventually("a ready server", async () => (await api.call("GET", "/readyz")).status === 200);
    const events = await eventually("the event", async () => {
      const names = serverEvents(await api.getJob(id));
      return names.length > 1 ? names : undefined;
    });
    assert.deepEqual(events, ["server-error", "server-recovered"]);
    assert.deepEqual([isRunning(group), trainings.server.programs(id).length], [true, 1]);
  });

  for (const restarts of [false, true]) {
    it(`a damaged file fails the job and ends its program first${restarts ? ", also after a restart" : ""}`, async () => {
      let { api, id, nextId, group } = await startTwo({ ms: 60_000 });
      if (restarts) await trainings.server.kill();
      const path = trainings.server.path(id, "attempt.json");
      const content = readFileSync(path);
      writeFileSync(path, '{"attempt":');
      if (restarts) api = await trainings.server.start();
      const job = await api.until(id, "FAILED");
      assert.match(job.events[0].data.reason, /^Internal error of the server/);
      await eventually("the next program", () => existsSync(trainings.server.path(nextId, "attempts.txt")));
      assert.ok(!isRunning(group));
      await api.until(nextId, "SUCCESS");
      writeFileSync(path, content);
    });
  }

  it("the program of a job that has ended is ended at the next start", async () => {
    const { id, group } = await startTwo({ behaviour: "ignores SIGTERM", ms: 60_000 });
    await trainings.server.kill();
    // As if the server had been killed after it failed the job and before it ended the program.
    const database = openDatabase(`${trainings.server.dataDir}/server.db`);
    database.prepare("UPDATE jobs SET status = 'FAILED' WHERE id = ?").run(id);
    database.close();
    assert.ok(isRunning(group));
    const api = await trainings.server.start();
    await waitUntilGroupEnded(group);
    await eventually("the removal of the data", () => !existsSync(trainings.server.path(id, "data")));
    await api.trained();
  });
});
