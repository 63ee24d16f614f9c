import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { killProcesses } from "./process";
import { Api, contents, eventually, folder, type Json, removeFolders, samples } from "./support";
import { assertTrained, gone, isRunning, TrainingServer } from "./trainings";

const SECRET = "github-token-that-nobody-may-see";
const REPOSITORIES = [{ owner: "o", name: "r", token: SECRET }];

describe("server: the process trainer", () => {
  let server: TrainingServer;

  afterEach(async () => {
    await server.stop();
    killProcesses();
    removeFolders();
  });

  async function start(models: Record<string, object> = {}, ...args: string[]): Promise<Api> {
    server = new TrainingServer(models);
    return server.start(...args);
  }

  function untilStep(api: Api, id: string, step: number): Promise<Json> {
    return eventually(`step ${step}`, async () => {
      const job = await api.getJob(id);
      return job.metadata.current_step >= step ? job : undefined;
    });
  }

  describe("a training", () => {
    it("shows what the program tells, and its result", async () => {
      const api = await start({ m: { price: { per_million_tokens: 3, currency: "EUR" } } });
      const job = await api.trained({ model: "m", validation_files: [await api.fileId()] });
      assertTrained(job, 10);
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
      // What only the training needed is gone.
      await eventually("tidiness", async () =>
        ["data", "checkpoints"].some((name) => existsSync(server.path(job.id, name))) ? undefined : true,
      );
      await gone(await server.group(job.id));
    });

    it("costs nothing that anybody knows without a price", async () => {
      const api = await start();
      const { metadata } = await api.trained();
      assert.ok(!("cost" in metadata) && !("cost_currency" in metadata));
    });

    it("may be done by the smallest program of the documentation", async function () {
      if (spawnSync("python3", ["--version"]).status !== 0) {
        this.skip();
      }
      const text = readFileSync(join(__dirname, "../../docs/training-programs.md"), "utf8");
      const program = join(folder(), "train.py");
      writeFileSync(program, /```python\n(.*?)```/s.exec(text)?.[1] as string);
      server = new TrainingServer();
      const api = await server.start("--recipe", `python3 '${program}'`);
      const { metadata } = await api.trained();
      assert.deepEqual([metadata.current_step, metadata.train_loss], [10, 0.1]);
    });

    it("may stop early, and says so", async () => {
      const api = await start({ m: { behaviour: "early stopping", at: 4 } });
      const { metadata } = await api.trained({ model: "m" });
      assert.deepEqual(
        [metadata.stop_reason, metadata.current_step, metadata.progress_percentage],
        ["early_stopping", 4, 100],
      );
    });

    it("has its secrets in its environment, and they are nowhere when it has ended", async () => {
      const api = await start({ m: { behaviour: "crash", ms: 50 } });
      const { id } = await api.job({ model: "m", repositories: REPOSITORIES });
      assert.match(readFileSync(join(server.dataDir, "secrets", `${id}.json`), "utf8"), new RegExp(SECRET));
      const job = await api.until(id, "FAILED");
      assert.match(job.events[0].data.reason, /\[secret\].*the recipe is broken/s);
      await eventually("no secrets", async () =>
        readdirSync(join(server.dataDir, "secrets")).length === 0 ? true : undefined,
      );
      // The program has printed it into its log; the server has put it nowhere.
      const holders = [...contents(server.dataDir)].filter(([, content]) => content.includes(SECRET));
      assert.deepEqual(
        holders.map(([name]) => name),
        [server.path(id, "log.txt")],
      );
    });
  });

  describe("a failure", () => {
    for (const [behaviour, reason] of [
      ["crash", /exit code 1; its log ends with:.*ValueError: the recipe is broken/s],
      ["no module", /The Python module peft is not installed/],
      ["disk full", /The disk is full/],
      ["fail", /^the loss is not a number; the token was/],
      ["oom", /killed 4 times in a row without a new step, most likely because memory ran out/],
      ["oom under a shell", /killed 4 times in a row/],
      ["no result", /ended without a result/],
      ["no artifact", /said that it succeeded, but there is no artifact/],
    ] as [string, RegExp][]) {
      it(`is told in words: ${behaviour}`, async () => {
        const api = await start({ m: { behaviour }, other: {} });
        const job = await api.until((await api.job({ model: "m" })).id, "FAILED");
        assert.match(job.events[0].data.reason, reason);
        assert.equal(job.metadata.stop_reason, "failed");
        await gone(await server.group(job.id));
        await api.trained({ model: "other" });
      });
    }

    it("is a hang", async () => {
      const api = await start({ m: { behaviour: "hang" } }, "--hang-timeout", "0.3");
      const job = await api.until((await api.job({ model: "m" })).id, "FAILED");
      assert.match(job.events[0].data.reason, /hung 4 times in a row/);
      await gone(await server.group(job.id));
    });

    it("is none when a later attempt comes further", async () => {
      const api = await start(
        { oom: { behaviour: "oom", at: 5, attempts: 3 }, hang: { behaviour: "hang", attempts: 1 } },
        "--hang-timeout",
        "1",
      );
      for (const model of ["oom", "hang"]) {
        const job = await api.trained({ model });
        assertTrained(job, 10);
        assert.equal(server.programs(job.id).length, model === "oom" ? 4 : 2);
      }
    });

    for (const behaviour of ["garbage", "half lines"]) {
      it(`is not a program that writes ${behaviour}`, async () => {
        const api = await start({ m: { behaviour } });
        const job = await api.trained({ model: "m" });
        const names = job.events.map((event: Json) => event.name);
        assert.ok(names.includes(behaviour === "garbage" ? "unreadable-progress" : "halves"), names.join());
      });
    }

    it("is a program that is not there", async () => {
      server = new TrainingServer();
      const api = await server.start("--recipe", "/nowhere/train");
      const job = await api.until((await api.job()).id, "FAILED");
      assert.match(job.events[0].data.reason, /exit code 127; its log ends with:.*\/nowhere\/train/s);
    });

    it("is a folder that cannot be made", async () => {
      const api = await start();
      const { id } = await api.job({ auto_start: false });
      await api.until(id, "VALIDATED");
      mkdirSync(server.path(id), { recursive: true });
      writeFileSync(server.path(id, "data"), "a file where a folder should be");
      await api.ok("POST", `/v1/fine_tuning/jobs/${id}/start`);
      const job = await api.until(id, "FAILED");
      assert.equal(job.events[0].data.reason, "The job's folder could not be made: EEXIST");
    });

    it("is a disk that is full", async function () {
      server = new TrainingServer();
      mkdirSync(join(server.dataDir, "runs"));
      const mount = ["-rm", "sh", "-c", `mount -t tmpfs -o size=1m none '${server.dataDir}/runs' && exec "$@"`, "sh"];
      if (spawnSync("unshare", [...mount, "true"]).status !== 0) {
        // Only where a user may mount a small disk of their own.
        this.skip();
      }
      const api = await server.startIn(["unshare", ...mount]);
      const job = await api.job({ training_files: [await api.fileId(samples(20_000))] });
      const { events } = await api.until(job.id, "FAILED");
      assert.match(events[0].data.reason, /^The disk that holds the server's data is full/);
      await api.trained();
    });

    it("of validation is a model that the models file does not have", async () => {
      const api = await start({ m: {} });
      const job = await api.until((await api.job({ model: "mistral-large-latest" })).id, "FAILED_VALIDATION");
      assert.equal(
        job.events[0].data.reason,
        "This server has no model mistral-large-latest; it has open-mistral-7b, m",
      );
    });
  });

  describe("a cancellation", () => {
    it("ends the program", async () => {
      const api = await start({ m: { ms: 60_000 } });
      const { id } = await api.job({ model: "m" });
      const group = await eventually("a program", async () =>
        existsSync(server.path(id, "attempts.txt")) ? server.group(id) : undefined,
      );
      await api.until(id, "RUNNING");
      await api.ok("POST", `/v1/fine_tuning/jobs/${id}/cancel`);
      await api.until(id, "CANCELLED");
      await gone(group);
    });

    it("of a job that waits ends it at once, and the next one's turn comes", async () => {
      const api = await start({ slow: { ms: 60_000 } });
      const first = await api.job({ model: "slow" });
      await api.until(first.id, "RUNNING");
      const second = await api.job();
      const third = await api.job();
      const waiting = await eventually("waiting", async () => {
        const job = await api.getJob(third.id);
        return /number 2 of 2/.test(job.metadata.waiting_for) ? job : undefined;
      });
      assert.equal(waiting.status, "STARTED");
      assert.match(
        waiting.events[0].data.reason,
        /Waits for its turn: number 2 of 2 in the queue, while 1 of at most 1/,
      );
      await api.ok("POST", `/v1/fine_tuning/jobs/${second.id}/cancel`);
      await api.until(second.id, "CANCELLED");
      await eventually("the first place", async () =>
        /number 1 of 1/.test((await api.getJob(third.id)).metadata.waiting_for) ? true : undefined,
      );
      await api.ok("POST", `/v1/fine_tuning/jobs/${first.id}/cancel`);
      await api.until(third.id, "SUCCESS");
      assert.ok(!existsSync(server.path(second.id)));
    });
  });

  it("gives the owners of waiting jobs their turns one after the other", async () => {
    const { url } = await start({ slow: { ms: 60_000 } }, "--api-key", "one", "--api-key", "two");
    const [one, two] = [new Api(url, "one"), new Api(url, "two")];
    const running = await one.job({ model: "slow" });
    await one.until(running.id, "RUNNING");
    const jobs = [await one.job(), await one.job(), await two.job()];
    const places = await eventually("all to wait", async () => {
      const waiting = await Promise.all(jobs.map(async ({ id }) => (await one.getJob(id)).metadata.waiting_for ?? ""));
      return waiting.every((each) => each.includes("of 3 in the queue"))
        ? waiting.map((each) => /number (\d)/.exec(each)?.[1])
        : undefined;
    });
    assert.deepEqual(places, ["2", "3", "1"]);
  });

  describe("a restart", () => {
    for (const signal of ["SIGTERM", "SIGKILL"] as const) {
      it(`after ${signal} finds a training again that has gone on`, async () => {
        let api = await start({ m: { ms: 40 } });
        const { id } = await api.job({ model: "m", hyperparameters: { training_steps: 30 } });
        await untilStep(api, id, 3);
        const group = await server.group(id);
        await server.kill(signal);
        assert.ok(isRunning(group));
        api = await server.start();
        assertTrained(await api.until(id, "SUCCESS"), 30);
        assert.equal(server.programs(id).length, 1);
      });
    }

    it("finds the result of a training that has ended meanwhile", async () => {
      let api = await start({ m: { ms: 40 } });
      const { id } = await api.job({ model: "m" });
      const group = await server.group(id);
      await server.kill();
      await gone(group);
      api = await server.start();
      assertTrained(await api.until(id, "SUCCESS"), 10);
      assert.equal(server.programs(id).length, 1);
    });

    it("goes on with a cancellation", async () => {
      let api = await start({ m: { behaviour: "ignores SIGTERM", ms: 60_000 } });
      const { id } = await api.job({ model: "m" });
      await api.until(id, "RUNNING");
      const group = await server.group(id);
      await api.ok("POST", `/v1/fine_tuning/jobs/${id}/cancel`);
      await eventually("the file", async () => (existsSync(server.path(id, "cancel")) ? true : undefined));
      await server.kill();
      process.kill(-group, "SIGKILL");
      api = await server.start();
      await api.until(id, "CANCELLED");
      assert.equal(server.programs(id).length, 1);
    });

    it("keeps to the limit: what runs counts before what waits", async () => {
      let api = await start({ slow: { ms: 60_000 } });
      const waiting = await api.job({ model: "slow", auto_start: false });
      await api.until(waiting.id, "VALIDATED");
      const running = await api.job({ model: "slow" });
      await api.until(running.id, "RUNNING");
      await api.ok("POST", `/v1/fine_tuning/jobs/${waiting.id}/start`);
      await server.kill();
      api = await server.start();
      await eventually("waiting", async () =>
        (await api.getJob(waiting.id)).metadata.waiting_for === undefined ? undefined : true,
      );
      assert.ok(!existsSync(server.path(waiting.id)));
      assert.equal((await api.getJob(running.id)).status, "RUNNING");
    });
  });

  it("removes at its start what a crash has kept from being removed, and nothing of a job that goes on", async () => {
    let api = await start({ slow: { ms: 60_000 } });
    const ended = await api.trained();
    const going = await api.job({ model: "slow", repositories: REPOSITORIES });
    await api.until(going.id, "RUNNING");
    await server.kill();
    const secrets = (id: string) => join(server.dataDir, "secrets", `${id}.json`);
    const left = [server.path(ended.id, "checkpoints/step-2"), server.path(ended.id, "data"), secrets(ended.id)];
    for (const path of left) {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, "{}");
    }
    api = await server.start();
    assert.deepEqual(left.filter(existsSync), []);
    const kept = [server.path(ended.id, "artifact"), server.path(going.id, "data"), secrets(going.id)];
    assert.deepEqual(kept.filter(existsSync), kept);
    assert.equal(statSync(secrets(going.id)).mode & 0o777, 0o600);
  });

  describe("a kill", () => {
    it("of the program alone is followed by another attempt, from the last checkpoint", async () => {
      const api = await start({ m: { ms: 30 } });
      const { id } = await api.job({ model: "m", hyperparameters: { training_steps: 20 } });
      await untilStep(api, id, 5);
      const [program] = server.programs(id);
      process.kill(program as number, "SIGKILL");
      assertTrained(await api.until(id, "SUCCESS"), 20);
      const starts = readFileSync(server.path(id, "progress.jsonl"), "utf8")
        .split("\n")
        .filter((line) => line.includes('"start"'));
      assert.ok(JSON.parse(starts[1] as string).step >= 4);
      assert.equal(starts.length, 2);
    });

    it("of the runner ends its program, and is followed by another attempt", async () => {
      const api = await start({ m: { ms: 30 } });
      const { id } = await api.job({ model: "m", hyperparameters: { training_steps: 20 } });
      await untilStep(api, id, 5);
      const group = await server.group(id);
      process.kill(group, "SIGKILL");
      assertTrained(await api.until(id, "SUCCESS"), 20);
      assert.equal(server.programs(id).length, 2);
      assert.ok(!isRunning(group));
    });
  });
});
