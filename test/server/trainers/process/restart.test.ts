import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { eventually } from "../../../support/eventually";
import type { Api, Json } from "../../support";
import { assertTrained, FAKE, isRunning, REPOSITORIES, waitUntilGroupEnded, withTrainings } from "../../trainings";

const RUNNER = join(__dirname, "../../../../server/dist/trainers/process/runner.js");

describe("server: trainings across restarts and kills", () => {
  const trainings = withTrainings();

  function untilStep(api: Api, id: string, step: number): Promise<Json> {
    return eventually(`step ${step}`, async () => {
      const job = await api.getJob(id);
      return job.metadata.current_step >= step ? job : undefined;
    });
  }

  describe("a server restart", () => {
    for (const signal of ["SIGTERM", "SIGKILL"] as const) {
      it(`after ${signal} finds a training that kept running`, async () => {
        let api = await trainings.start({ m: { ms: 40 } });
        const { id } = await api.job({ model: "m", hyperparameters: { training_steps: 30 } });
        await untilStep(api, id, 3);
        const group = await trainings.server.group(id);
        await trainings.server.kill(signal);
        assert.ok(isRunning(group));
        api = await trainings.server.start();
        assertTrained(await api.until(id, "SUCCESS"), 30);
        assert.equal(trainings.server.programs(id).length, 1);
      });
    }

    it("finds the result of a training that ended while the server was down", async () => {
      let api = await trainings.start({ m: { ms: 40 } });
      const { id } = await api.job({ model: "m" });
      const group = await trainings.server.group(id);
      await trainings.server.kill();
      await waitUntilGroupEnded(group);
      api = await trainings.server.start();
      assertTrained(await api.until(id, "SUCCESS"), 10);
      assert.equal(trainings.server.programs(id).length, 1);
    });

    it("continues a cancellation", async () => {
      let api = await trainings.start({ m: { behaviour: "ignores SIGTERM", ms: 60_000 } });
      const { id } = await api.job({ model: "m" });
      await api.until(id, "RUNNING");
      const group = await trainings.server.group(id);
      await api.ok("POST", `/v1/fine_tuning/jobs/${id}/cancel`);
      await eventually("the cancel file", async () =>
        existsSync(trainings.server.path(id, "cancel")) ? true : undefined,
      );
      await trainings.server.kill();
      process.kill(-group, "SIGKILL");
      api = await trainings.server.start();
      await api.until(id, "CANCELLED");
      assert.equal(trainings.server.programs(id).length, 1);
    });

    it("does not change the jobs of another trainer", async () => {
      let api = await trainings.start({ m: { ms: 40 } });
      const { id } = await api.job({ model: "m" });
      const validated = await api.job({ model: "m", auto_start: false });
      await api.until(validated.id, "VALIDATED");
      await api.until(id, "RUNNING");
      await trainings.server.kill();
      api = await trainings.server.start("--trainer", "simulated", "--speed", "1000");
      assert.equal((await api.trained()).metadata.simulated, true);
      const refused = await api.call("POST", `/v1/fine_tuning/jobs/${id}/cancel`);
      assert.match(refused.body.message, /which is not active; restart the server with --trainer process/);
      assert.equal((await api.call("POST", `/v1/fine_tuning/jobs/${validated.id}/start`)).status, 409);
      assert.equal((await api.getJob(id)).status, "RUNNING");
      await api.ok("POST", `/v1/fine_tuning/jobs/${validated.id}/cancel`);
      await trainings.server.kill();
      api = await trainings.server.start();
      assertTrained(await api.until(id, "SUCCESS"), 10);
    });

    it("enforces the limit: running trainings count before queued jobs", async () => {
      let api = await trainings.start({ slow: { ms: 60_000 } });
      const waiting = await api.job({ model: "slow", auto_start: false });
      await api.until(waiting.id, "VALIDATED");
      const running = await api.job({ model: "slow" });
      await api.until(running.id, "RUNNING");
      await api.ok("POST", `/v1/fine_tuning/jobs/${waiting.id}/start`);
      await trainings.server.kill();
      api = await trainings.server.start();
      await eventually("a queued job", async () =>
        (await api.getJob(waiting.id)).metadata.waiting_for === undefined ? undefined : true,
      );
      assert.ok(!existsSync(trainings.server.path(waiting.id)));
      assert.equal((await api.getJob(running.id)).status, "RUNNING");
    });
  });

  it("deletes at startup the files that remain after a crash, but no files of a running job", async () => {
    let api = await trainings.start({ slow: { ms: 60_000 } });
    const ended = await api.trained();
    const running = await api.job({ model: "slow", repositories: REPOSITORIES });
    await api.until(running.id, "RUNNING");
    await trainings.server.kill();
    const secrets = (id: string) => join(trainings.server.dataDir, "secrets", `${id}.json`);
    const left = [
      trainings.server.path(ended.id, "checkpoints/step-2"),
      trainings.server.path(ended.id, "data"),
      secrets(ended.id),
    ];
    for (const path of left) {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, "{}");
    }
    api = await trainings.server.start();
    assert.deepEqual(left.filter(existsSync), []);
    const kept = [
      trainings.server.path(ended.id, "artifact"),
      trainings.server.path(running.id, "data"),
      secrets(running.id),
    ];
    assert.deepEqual(kept.filter(existsSync), kept);
    assert.equal(statSync(secrets(running.id)).mode & 0o777, 0o600);
  });

  it("runs only one of two runners that were launched for the same attempt", async () => {
    const api = await trainings.start({ m: { ms: 40 } });
    const { id } = await api.job({ model: "m" });
    await eventually("the first runner", async () =>
      existsSync(trainings.server.path(id, "log.txt")) ? true : undefined,
    );
    // A restarted server can launch a second runner when the first has not written attempt.json yet.
    const attempt = { attempt: 1, furthestStep: 0, idle: 0, hangTimeout: 60, cancelGrace: 1 };
    const runnerArguments = { dataDir: trainings.server.dataDir, id, command: [process.execPath, FAKE], ...attempt };
    const second = spawn(process.execPath, [RUNNER, JSON.stringify(runnerArguments)], {
      detached: true,
      stdio: "ignore",
    });
    await once(second, "exit");
    assertTrained(await api.until(id, "SUCCESS"), 10);
    assert.equal(trainings.server.programs(id).length, 1);
  });

  describe("a kill", () => {
    it("of only the program starts another attempt from the last checkpoint", async () => {
      const api = await trainings.start({ m: { ms: 30 } });
      const { id } = await api.job({ model: "m", hyperparameters: { training_steps: 20 } });
      await untilStep(api, id, 5);
      const [program] = trainings.server.programs(id);
      process.kill(program as number, "SIGKILL");
      assertTrained(await api.until(id, "SUCCESS"), 20);
      const starts = readFileSync(trainings.server.path(id, "progress.jsonl"), "utf8")
        .split("\n")
        .filter((line) => line.includes('"start"'));
      assert.ok(JSON.parse(starts[1] as string).step >= 4);
      assert.equal(starts.length, 2);
      const { events } = await api.getJob(id);
      assert.equal(events.find((event: Json) => event.name === "resumed").data.attempt, 2);
    });

    it("of the runner kills its program and starts another attempt", async () => {
      const api = await trainings.start({ m: { ms: 30 } });
      const { id } = await api.job({ model: "m", hyperparameters: { training_steps: 20 } });
      await untilStep(api, id, 5);
      const group = await trainings.server.group(id);
      process.kill(group, "SIGKILL");
      assertTrained(await api.until(id, "SUCCESS"), 20);
      assert.equal(trainings.server.programs(id).length, 2);
      assert.ok(!isRunning(group));
    });
  });
});
