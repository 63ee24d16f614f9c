import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { inspect, isDeepStrictEqual } from "node:util";
import { skipUnlessCi } from "../../../support/ci";
import { eventually } from "../../../support/eventually";
import { run } from "../../process";
import { type Api, folder, type Json, removeFolders } from "../../support";
import { assertTrained, REPOSITORIES, SECRET, TrainingServer } from "../../trainings";
import { RayCluster } from "./cluster";
import { findOrMakeRay } from "./environment";

describe("server: the Ray trainer", function () {
  this.timeout(120_000);
  const cluster = new RayCluster();
  let server: TrainingServer;

  before(async function () {
    this.timeout(400_000);
    try {
      await findOrMakeRay();
    } catch (error) {
      skipUnlessCi(this, `Ray cannot be installed here: ${(error as Error).message.trim().split("\n").at(-1)}`);
    }
    await cluster.open();
    process.env.RAY_AUTH_TOKEN = cluster.token;
  });

  after(async () => {
    delete process.env.RAY_AUTH_TOKEN;
    await cluster.close();
  });

  afterEach(async () => {
    cluster.submissionFault = "pass";
    cluster.reachable = true;
    await server?.stop();
    removeFolders();
  });

  /** Starts a server. A job requests one CPU unless the config overrides this for its model. */
  async function start(models: Record<string, object> = {}, config: object = {}): Promise<Api> {
    server = new TrainingServer(models);
    writeFileSync(join(server.dataDir, "ray.json"), JSON.stringify({ defaults: { num_cpus: 1 }, ...config }));
    return restart();
  }

  function restart(): Promise<Api> {
    const config = join(server.dataDir, "ray.json");
    return server.start("--trainer", "ray", "--ray-address", cluster.address, "--ray-config", config);
  }

  /** Like `eventually`, with a longer timeout for Ray. */
  function soon<Answer>(what: string, poll: () => Promise<Answer>) {
    return eventually(what, poll, { withinMs: 60_000, everyMs: 50 });
  }

  function until(api: Api, id: string, status: string): Promise<Json> {
    return soon(status, async () => {
      const job = await api.getJob(id);
      const ended = ["SUCCESS", "FAILED", "FAILED_VALIDATION", "CANCELLED"].includes(job.status);
      assert.ok(!ended || job.status === status, `expected ${status}, but found ${JSON.stringify(job.events[0])}`);
      return job.status === status ? job : undefined;
    });
  }

  function untilStep(api: Api, id: string, step: number): Promise<Json> {
    return soon(`step ${step}`, async () => {
      const job = await api.getJob(id);
      assert.notEqual(job.status, "FAILED", JSON.stringify(job.events[0]));
      return job.metadata.current_step >= step ? job : undefined;
    });
  }

  function waitReasons(job: Json): string[] {
    const events = job.events.filter((event: Json) => event.name === "waiting");
    return events.map((event: Json) => event.data.reason).reverse();
  }

  function untilItWaits(api: Api, id: string, reason: RegExp): Promise<Json> {
    return soon(`${reason}`, async () => {
      const job = await api.getJob(id);
      return waitReasons(job).some((each) => reason.test(each)) ? job : undefined;
    });
  }

  /**
   * Waits until the cluster has exactly these attempts of a job. The cluster notices an attempt's end later than the
   * server.
   */
  async function untilInRay(id: string, expected: Record<string, string>): Promise<void> {
    let seen = {};
    const poll = async () => {
      seen = await cluster.attempts(id);
      return isDeepStrictEqual(seen, expected);
    };
    const what = () => `expected the attempts ${inspect(expected)}, but found ${inspect(seen)}`;
    await eventually(what, poll, { withinMs: 20_000, everyMs: 100 });
  }

  it("reports the program's progress and result, and passes a secret to the program but not to Ray", async () => {
    const api = await start({ m: { behaviour: "crash", at: 4, ms: 100 } });
    const [good, bad] = await Promise.all([api.job(), api.job({ model: "m", repositories: REPOSITORIES })]);
    const job = await until(api, good.id, "SUCCESS");
    assertTrained(job, 10);
    assert.deepEqual([job.metadata.trainer, job.metadata.simulated, job.trained_tokens], ["ray", false, 1000]);
    assert.ok(job.artifact.bytes > 2000);
    await untilInRay(good.id, { [good.id]: "SUCCEEDED" });

    const failed = await until(api, bad.id, "FAILED");
    assert.match(failed.events[0].data.reason, /exit code 1; its log ends with:.*\[secret\].*the recipe is broken/s);
    assert.match(readFileSync(server.path(bad.id, "log.txt"), "utf8"), new RegExp(SECRET));
    const { entrypoint, runtime_env } = await cluster.ask(`/api/jobs/${bad.id}`);
    assert.doesNotMatch(JSON.stringify([entrypoint, runtime_env]), new RegExp(SECRET));
    await untilInRay(bad.id, { [bad.id]: "FAILED" });
  });

  it("resumes a killed program as the next attempt, and gives up after four in a row", async () => {
    const once = { behaviour: "oom", at: 5, attempts: 1 };
    const api = await start({ once, always: { behaviour: "oom", at: 1 } });
    const [good, bad] = await Promise.all([api.job({ model: "once" }), api.job({ model: "always" })]);
    assertTrained(await until(api, good.id, "SUCCESS"), 10);
    await untilInRay(good.id, { [good.id]: "FAILED", [`${good.id}-2`]: "SUCCEEDED" });
    const failed = await until(api, bad.id, "FAILED");
    assert.match(failed.events[0].data.reason, /killed 4 times in a row without a new step/);
    assert.equal(Object.keys(await cluster.attempts(bad.id)).length, 4);
  });

  it("reports why the cluster cannot run the launcher", async () => {
    const api = await start({ m: {} }, { models: { m: { python: "/no/python" } } });
    const { events } = await until(api, (await api.job({ model: "m" })).id, "FAILED");
    assert.match(events[0].data.reason, /Ray reports: .*exit code 127.*\/no\/python/s);
  });

  it("cancels a running job and a job in Ray's queue", async () => {
    const api = await start(
      { slow: { ms: 200 }, big: {} },
      { models: { slow: { num_cpus: 1 }, big: { num_cpus: 8 } } },
    );
    const long = { training_steps: 1000 };
    const running = await api.job({ model: "slow", hyperparameters: long });
    const waiting = await api.job({ model: "big" });
    await untilStep(api, running.id, 2);
    await untilItWaits(api, waiting.id, /^Queued in Ray: .*resources \(CPUs, GPUs/);
    for (const { id } of [waiting, running]) {
      await api.ok("POST", `/v1/fine_tuning/jobs/${id}/cancel`);
      await until(api, id, "CANCELLED");
    }
    await untilInRay(running.id, { [running.id]: "STOPPED" });
    // Ray keeps the job in its queue for a while, and could still start the launcher.
    assert.equal((await cluster.attempts(waiting.id))[waiting.id], "PENDING");
  });

  it("reports once why a job waits for a full cluster, and resubmits the job when Ray gives up", async () => {
    const api = await start({ big: {} }, { models: { big: { num_cpus: 8 } } });
    const { id } = await api.job({ model: "big" });
    await soon("a second attempt", async () => (await cluster.attempts(id))[`${id}-2`] && true);
    const job = await api.getJob(id);
    assert.equal(job.status, "STARTED");
    assert.deepEqual(waitReasons(job).length, 1);
    assert.equal((await cluster.attempts(id))[id], "FAILED");
  });

  it("fails a job that a user stops in Ray", async () => {
    const api = await start({ slow: { ms: 100 } });
    const { id } = await api.job({ model: "slow", hyperparameters: { training_steps: 1000 } });
    await untilStep(api, id, 1);
    await cluster.ask(`/api/jobs/${id}/stop`, {});
    const { events } = await until(api, id, "FAILED");
    assert.match(events[0].data.reason, /stopped in Ray, not through this server/);
  });

  it("waits for an unavailable cluster, reports it once, and trains when the cluster is available", async () => {
    cluster.reachable = false;
    cluster.cut();
    const api = await start();
    const { id } = await api.job();
    await untilItWaits(api, id, /^Ray at http:\/\/127\.0\.0\.1:\d+ cannot be reached/);
    const { refusals } = cluster;
    await soon("three more refusals", async () => cluster.refusals >= refusals + 3);
    assert.equal(waitReasons(await api.getJob(id)).length, 1);
    cluster.reachable = true;
    assertTrained(await until(api, id, "SUCCESS"), 10);
  });

  it("keeps training without a connection to the cluster, and reads the result from the job's folder", async () => {
    const api = await start({ slow: { ms: 100 } });
    const { id } = await api.job({ model: "slow", hyperparameters: { training_steps: 30 } });
    await untilStep(api, id, 2);
    cluster.reachable = false;
    cluster.cut();
    assertTrained(await until(api, id, "SUCCESS"), 30);
  });

  it("finds a submission whose reply was lost", async () => {
    const api = await start();
    cluster.submissionFault = "lose their reply";
    const { id } = await api.job();
    await untilItWaits(api, id, /cannot be reached/);
    assertTrained(await until(api, id, "SUCCESS"), 10);
    await untilInRay(id, { [id]: "SUCCEEDED" });
    assert.equal(server.programs(id).length, 1);
  });

  it("keeps the job that the cluster already has under the same ID", async () => {
    const api = await start({ slow: { ms: 100 } });
    const { id } = await api.job({ auto_start: false, model: "slow" });
    await until(api, id, "VALIDATED");
    await cluster.ask("/api/jobs/", { submission_id: id, entrypoint: "sleep 1000" });
    await api.ok("POST", `/v1/fine_tuning/jobs/${id}/start`);
    await soon("an attempt", async () => server.attempt(id)?.submitted || undefined);
    assert.deepEqual(Object.keys(await cluster.attempts(id)), [id]);
    await api.ok("POST", `/v1/fine_tuning/jobs/${id}/cancel`);
    await until(api, id, "CANCELLED");
  });

  for (const [when, submissionFault] of [
    ["before the cluster has received the job", "never arrive"],
    ["before it has received the reply of the cluster", "lose their reply"],
  ] as const) {
    it(`survives SIGKILL ${when}`, async () => {
      let api = await start({ slow: { ms: 50 } });
      cluster.submissionFault = submissionFault;
      const { submitted } = cluster;
      const { id } = await api.job({ model: "slow" });
      await soon("attempt.json", async () => existsSync(server.path(id, "attempt.json")) || undefined);
      await soon("a submission", async () => cluster.submitted > submitted);
      const arrived = async () => (await cluster.attempts(id))[id] !== undefined;
      if (submissionFault === "lose their reply") await soon("the job in Ray", arrived);
      await server.kill();
      assert.equal(server.attempt(id).submitted, false);
      assert.equal(Object.keys(await cluster.attempts(id)).length, submissionFault === "never arrive" ? 0 : 1);
      cluster.submissionFault = "pass";
      api = await restart();
      assertTrained(await until(api, id, "SUCCESS"), 10);
      await untilInRay(id, { [id]: "SUCCEEDED" });
      assert.equal(server.programs(id).length, 1);
    });
  }

  it("survives SIGKILL during a training, and finds a training that ended in the meantime", async () => {
    let api = await start({ slow: { ms: 100 } });
    const [short, long] = await Promise.all([
      api.job({ model: "slow", hyperparameters: { training_steps: 20 } }),
      api.job({ model: "slow", hyperparameters: { training_steps: 80 } }),
    ]);
    await untilStep(api, short.id, 2);
    await untilStep(api, long.id, 2);
    await server.kill();
    await eventually(
      "the end of the shorter training",
      async () => existsSync(server.path(short.id, "exit.json")) || undefined,
    );
    api = await restart();
    assertTrained(await until(api, short.id, "SUCCESS"), 20);
    assertTrained(await until(api, long.id, "SUCCESS"), 80);
    assert.deepEqual([server.programs(short.id).length, server.programs(long.id).length], [1, 1]);
  });

  it("resumes from the last checkpoint after the head was lost, with one program at a time", async () => {
    const api = await start({ slow: { ms: 200 } });
    const { id } = await api.job({ model: "slow", hyperparameters: { training_steps: 20 } });
    await untilStep(api, id, 6);
    await cluster.killHead();
    await cluster.startHead();
    const job = await until(api, id, "SUCCESS");
    assertTrained(job, 20);
    assert.ok(waitReasons(job).some((reason) => /cannot be reached/.test(reason)));
    await untilInRay(id, { [`${id}-2`]: "SUCCEEDED" });
    const starts = readFileSync(server.path(id, "progress.jsonl"), "utf8").match(/"type":"start".*/g) as string[];
    assert.equal(starts.length, 2);
    assert.ok(Number(/"step":(\d+)/.exec(starts[1] as string)?.[1]) >= 6);
  });

  it("is checked by the doctor command", async () => {
    const args = ["doctor", "--trainer", "ray", "--ray-address", cluster.address, "--data", folder()];
    const { stdout } = await run(args);
    assert.match(
      stdout,
      /^ok +Ray: 2\.\d+\.\d+ at http:\/\/127\.0\.0\.1:\d+; every node must mount --data at the same path$/m,
    );
    const { code, stdout: without } = await run([...args, "--ray-address", "http://127.0.0.1:9"]);
    assert.match(without, /^failed +Ray: Ray at http:\/\/127\.0\.0\.1:9 cannot be reached: ECONNREFUSED$/m);
    assert.equal(code, 1);
  });

  it("never shows the token", async () => {
    process.env.RAY_AUTH_TOKEN = "wrong-token-that-nobody-may-see";
    try {
      const api = await start();
      const { id } = await api.job();
      const job = await untilItWaits(api, id, /does not accept the token \(403\): set RAY_AUTH_TOKEN/);
      assert.doesNotMatch(JSON.stringify(job), /nobody-may-see/);
    } finally {
      process.env.RAY_AUTH_TOKEN = cluster.token;
    }
  });
});
