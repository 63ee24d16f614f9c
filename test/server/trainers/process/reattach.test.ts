import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, rmdirSync } from "node:fs";
import { join } from "node:path";
import type { StartedJob } from "../../../../server/src/domain/trainer";
import { SecretStore } from "../../../../server/src/store/secrets";
import { RUNNER } from "../../../../server/src/trainers/process/launchRunner";
import { ProcessTrainer } from "../../../../server/src/trainers/process/processTrainer";
import { folder, removeFolders } from "../../support";

describe("server: the process trainer reattaches a run", () => {
  let dataDir: string;
  let trainer: ProcessTrainer;
  let woken: string[];

  beforeEach(() => {
    dataDir = folder();
    const none = { models: new Map(), gpus: [], command: ["true"], environment: () => ({}) };
    const secrets = new SecretStore(dataDir);
    trainer = new ProcessTrainer({ ...none, dataDir, secrets, maxJobs: 1, hangTimeout: 60, cancelGrace: 1 });
    woken = [];
    trainer.onChange = (id) => woken.push(id);
  });

  afterEach(removeFolders);

  function run(id: string, startedAt: number): StartedJob {
    mkdirSync(join(dataDir, "runs", id), { recursive: true });
    return { id, startedAt, workspace: "default", owner: "owner", spec: { model: "m" } } as StartedJob;
  }

  it("late, and wakes the job that is next in the queue", async () => {
    const [first, second] = [run("first", 1), run("second", 2)];
    const unreadable = join(dataDir, "runs/second/attempt.json");
    mkdirSync(unreadable);
    await assert.rejects(trainer.reattach(second), { code: "EISDIR" });
    await trainer.start(first);
    assert.equal((await trainer.poll(first)).stateChangesAt, Number.POSITIVE_INFINITY);
    rmdirSync(unreadable);
    await trainer.reattach(second);
    assert.deepEqual(woken, ["first"]);
  });

  it("only after a runner of an earlier server has recorded its attempt or has ended", async () => {
    const runner = spawn(process.execPath, ["-e", "setTimeout(() => {}, 30_000)", RUNNER, '{"id":"first"}']);
    try {
      await once(runner, "spawn");
      await assert.rejects(trainer.reattach(run("first", 1)), { name: "TemporaryError" });
      assert.deepEqual([trainer.queue.running, trainer.queue.waiting], [1, 0]);
      // Another job without a runner.
      await trainer.reattach(run("second", 2));
    } finally {
      runner.kill("SIGKILL");
      await once(runner, "exit");
    }
    await trainer.reattach(run("first", 1));
    assert.deepEqual([trainer.queue.running, trainer.queue.waiting], [0, 2]);
  });
});
