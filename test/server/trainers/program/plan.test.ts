import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { toEvents } from "../../../../server/src/trainers/program/plan/planFile";
import { eventually } from "../../../support/eventually";
import { type Api, type Json, samples } from "../../support";
import { REPOSITORIES, SECRET, withTrainings } from "../../trainings";

describe("server: the plan of a training program", () => {
  const trainings = withTrainings();

  async function startPlanner(models: Record<string, object> = {}, capabilities: object = {}): Promise<Api> {
    return trainings.create(models).startPlanner(capabilities);
  }

  function jobFile(id: string): Json {
    return JSON.parse(readFileSync(trainings.server.path(id, "job.json"), "utf8"));
  }

  /** Waits until the plan command of a job runs. Returns its process ID. */
  async function untilPlanning(id: string): Promise<number> {
    return eventually("the plan command", async () => {
      const path = trainings.server.path(id, "plans.txt");
      return existsSync(path) ? Number(readFileSync(path, "utf8").trim().split("\n").at(-1)) : undefined;
    });
  }

  async function untilGone(pid: number): Promise<void> {
    await eventually(`the end of process ${pid}`, async () => (existsSync(`/proc/${pid}`) ? undefined : true));
  }

  const plans = (id: string) => trainings.server.plannerCommands().filter((each) => each === `plan ${id}`).length;
  const unset = { model: "m", hyperparameters: {} };

  it("is stored with the validated job, and the training finds it", async () => {
    const api = await startPlanner({ m: { price: { per_million_tokens: 100, currency: "EUR" } } });
    const { id } = await api.job({ ...unset, auto_start: false });
    const validated = await api.until(id, "VALIDATED");
    const { total_steps, epochs, train_tokens_per_step, train_tokens, data_tokens, cost } = validated.metadata;
    assert.deepEqual(
      [total_steps, epochs, train_tokens_per_step, train_tokens, data_tokens, cost],
      [60, 3, 500, 30_000, 36, 3],
    );
    const { events } = validated;
    assert.deepEqual(events.map((event: Json) => event.name).slice(0, 2), ["status-updated", "packing-off"]);
    await api.ok("POST", `/v1/fine_tuning/jobs/${id}/start`);
    const job = await api.until(id, "SUCCESS");
    assert.equal(job.events.find((event: Json) => event.name === "found-plan").data.total_steps, 60);
    assert.equal(plans(id), 1);
    assert.match(readFileSync(trainings.server.path(id, "log.txt"), "utf8"), /^CUDA_VISIBLE_DEVICES=\[\]$/m);
  });

  it("leaves the number of steps to the program, unless the user sets it", async () => {
    const api = await startPlanner({ m: {} });
    const hyperparameters = async (body: object) => {
      const { id } = await api.job({ model: "m", auto_start: false, ...body });
      await api.until(id, "VALIDATED");
      return jobFile(id).hyperparameters;
    };
    const { training_steps, epochs } = await hyperparameters({ hyperparameters: {} });
    assert.deepEqual([training_steps, epochs], [undefined, undefined]);
    assert.equal((await hyperparameters({ hyperparameters: { training_steps: 7 } })).training_steps, 7);
    assert.equal((await hyperparameters({ hyperparameters: { epochs: 2 } })).epochs, 2);
  });

  it("asks for the capabilities once, in an empty folder and without a GPU", async () => {
    const api = await startPlanner({ m: {} });
    await api.trained({ model: "m" });
    await api.trained({ model: "m", training_files: [await api.fileId(samples(4))] });
    const asked = trainings.server.plannerCommands().filter((each) => each.startsWith("capabilities"));
    assert.deepEqual(asked, ["capabilities files=0 gpus=[]"]);
  });

  it("is not made for a program that declares no plan, and job.json states one epoch", async () => {
    const api = await startPlanner({ m: {} }, { plan: false, rule: { epochs: 3, min_steps: 20, seq_len: 100 } });
    const { id } = await api.job({ ...unset, auto_start: false });
    const { metadata } = await api.until(id, "VALIDATED");
    assert.equal(metadata.total_steps, 1);
    assert.ok(!existsSync(trainings.server.path(id)));
    await api.ok("POST", `/v1/fine_tuning/jobs/${id}/start`);
    await api.until(id, "SUCCESS");
    assert.equal(jobFile(id).hyperparameters.epochs, 1);
    assert.ok(!("generation_rules" in jobFile(id)));
  });

  it("publishes the declared defaults, with the settings of the models file", async () => {
    const rule = { seq_len: 1024, rows_per_step: 4, epochs: 3, min_steps: 20, min_steps_per_epoch: 20 };
    const api = await startPlanner({ m: { seq_len: 512 } }, { rule });
    const { training } = await api.ok("GET", "/v1/models/m");
    assert.deepEqual(training, { rule: "rows", packing: true, characters_per_token: 4, ...rule, seq_len: 512 });
  });

  it("refuses a job type that the program does not support, before anything runs", async () => {
    const api = await startPlanner({ m: {} }, { job_types: ["classifier"] });
    const { id } = await api.job({ model: "m" });
    const failed = await api.until(id, "FAILED_VALIDATION");
    const reason = "The training program does not support jobs of type completion. Supported types: classifier";
    assert.equal(failed.events[0].data.reason, reason);
    const dryRun = await api.call("POST", "/v1/fine_tuning/jobs?dry_run=true", {
      model: "m",
      training_files: [await api.fileId()],
    });
    assert.deepEqual([dryRun.status, dryRun.body.detail[0].msg], [422, reason]);
    assert.equal(plans(id), 0);
  });

  it("refuses validation files that the program would ignore", async () => {
    const api = await startPlanner({ m: {} }, { evaluation: false });
    const file = await api.fileId();
    const { id } = await api.job({ model: "m", training_files: [file], validation_files: [file] });
    const failed = await api.until(id, "FAILED_VALIDATION");
    assert.match(failed.events[0].data.reason, /^The training program does not evaluate on validation files\. /);
    await api.trained({ model: "m", training_files: [file] });
  });

  it("can find the data invalid", async () => {
    const api = await startPlanner({ m: { plan: { behaviour: "invalid" } } });
    const { id } = await api.job({ model: "m", repositories: REPOSITORIES });
    const { data } = (await api.until(id, "FAILED_VALIDATION")).events[0];
    assert.equal(data.reason, "train.jsonl:2: the call id has 3 characters; the token was [secret]");
    assert.deepEqual(data.findings, ["train.jsonl:2: messages[1].tool_calls[0].id: has 3 characters, needs 9"]);
    await eventually("the deletion of working files", async () =>
      ["data", "checkpoints"].some((name) => existsSync(trainings.server.path(id, name))) ? undefined : true,
    );
  });

  it("fails the job when the program fails, without secrets in the reason", async () => {
    const api = await startPlanner({
      crash: { plan: { behaviour: "crash" } },
      none: { plan: { behaviour: "no plan" } },
      invalid: { plan: { behaviour: "invalid plan" } },
    });
    const reason = async (model: string) => {
      const { id } = await api.job({ model, repositories: REPOSITORIES });
      return (await api.until(id, "FAILED")).events[0].data.reason;
    };
    assert.match(
      await reason("crash"),
      /^The training program failed to plan the training, with exit code 3; its log ends with:.*\[secret\]\nValueError: the plan is broken$/s,
    );
    assert.match(await reason("none"), /^The training program did not write a plan; its log ends with:/);
    assert.match(await reason("invalid"), /did not write a plan: plan\.json is invalid: total_steps: /);
  });

  it("does not show secrets in events", async () => {
    const api = await startPlanner({ m: {} });
    const { id } = await api.job({ model: "m", repositories: REPOSITORIES });
    const { events } = await api.until(id, "SUCCESS");
    assert.equal(
      events.find((event: Json) => event.name === "packing-off").data.reason,
      "planned with enforce and [secret]",
    );
    assert.ok(!JSON.stringify(events).includes(SECRET));
  });

  it("runs a killed program again, and gives up after three runs", async () => {
    const api = await startPlanner({
      once: { plan: { behaviour: "killed", attempts: 1 } },
      always: { plan: { behaviour: "killed" } },
    });
    const [once, always] = await Promise.all([api.job({ model: "once" }), api.job({ model: "always" })]);
    await api.until(once.id, "SUCCESS");
    const failed = await api.until(always.id, "FAILED");
    assert.match(
      failed.events[0].data.reason,
      /^The training program was killed while it planned the training \(SIGKILL\)/,
    );
    assert.deepEqual([plans(once.id), plans(always.id)], [2, 3]);
  });

  it("ends a program that hangs", async () => {
    const api = await trainings
      .create({ m: { plan: { behaviour: "hang" } } })
      .startPlanner({}, "--hang-timeout", "0.5");
    const { id } = await api.job({ model: "m" });
    const failed = await api.until(id, "FAILED");
    assert.match(failed.events[0].data.reason, /^The training program hung while it planned the training/);
    await untilGone(await untilPlanning(id));
  });

  it("is made for one job at a time, and a waiting job can be cancelled", async () => {
    const api = await startPlanner({ slow: { plan: { ms: 60_000 } }, m: {} });
    const slow = await api.job({ model: "slow" });
    const program = await untilPlanning(slow.id);
    const waiting = await api.job({ model: "m" });
    const next = await api.job({ model: "m" });
    await eventually(
      "the job folders",
      async () => existsSync(trainings.server.path(next.id, "job.json")) || undefined,
    );
    await api.ok("POST", `/v1/fine_tuning/jobs/${waiting.id}/cancel`);
    await eventually("the deletion of the data", async () =>
      existsSync(trainings.server.path(waiting.id, "data")) ? undefined : true,
    );
    assert.ok(existsSync(`/proc/${program}`));
    assert.equal((await api.getJob(next.id)).status, "VALIDATING");
    await api.ok("POST", `/v1/fine_tuning/jobs/${slow.id}/cancel`);
    await api.until(next.id, "SUCCESS");
    assert.deepEqual([plans(waiting.id), plans(next.id)], [0, 1]);
  });

  for (const behaviour of ["ok", "ignores SIGTERM"]) {
    it(`ends when its job is cancelled (${behaviour})`, async () => {
      const api = await startPlanner({ m: { plan: { behaviour, ms: 60_000 } } });
      const { id } = await api.job({ model: "m" });
      const program = await untilPlanning(id);
      const cancelled = await api.ok("POST", `/v1/fine_tuning/jobs/${id}/cancel`);
      assert.equal(cancelled.status, "CANCELLED");
      await untilGone(program);
      await eventually("the deletion of working files", async () =>
        ["data", "checkpoints"].some((name) => existsSync(trainings.server.path(id, name))) ? undefined : true,
      );
      assert.equal((await api.getJob(id)).events[0].data.status, "CANCELLED");
    });
  }

  for (const signal of ["SIGTERM", "SIGKILL"] as const) {
    it(`ends when the server ends with ${signal}, and the next server makes the same plan`, async () => {
      let api = await startPlanner({ m: { plan: { ms: 1000 } } });
      const { id } = await api.job({ ...unset, auto_start: false });
      const program = await untilPlanning(id);
      await trainings.server.kill(signal);
      await untilGone(program);
      api = await trainings.server.startPlanner();
      const { metadata, events } = await api.until(id, "VALIDATED");
      assert.equal(metadata.total_steps, 60);
      assert.equal(events.filter((event: Json) => event.name === "packing-off").length, 1);
      assert.equal(plans(id), 2);
    });
  }

  it("of an earlier server process is used, even when the program would now plan something else", async () => {
    let api = await startPlanner({ m: { plan: { ms: 60_000 } } });
    const { id } = await api.job({ ...unset, auto_start: false });
    await untilPlanning(id);
    await trainings.server.kill();
    const plan = {
      version: 1,
      status: "ok",
      total_steps: 33,
      epochs: 1,
      tokens_per_step: 5,
      data_tokens: 5,
      samples: 1,
    };
    writeFileSync(trainings.server.path(id, "plan.json"), JSON.stringify(plan));
    api = await trainings.server.startPlanner();
    assert.equal((await api.until(id, "VALIDATED")).metadata.total_steps, 33);
    assert.equal(plans(id), 1);
  });

  describe("in the cache", () => {
    const dryRun = async (api: Api, body: object) =>
      api.ok("POST", "/v1/fine_tuning/jobs?dry_run=true", { model: "m", hyperparameters: {}, ...body });

    it("makes the dry run exact, and is not made again", async () => {
      const price = { per_million_tokens: 100, currency: "EUR" };
      const api = await startPlanner({ m: { price } }, { rule: { epochs: 3, min_steps: 20 } });
      const training_files = [await api.fileId()];
      const before = await dryRun(api, { training_files });
      assert.deepEqual([before.estimated, before.training_steps], [true, 20]);
      assert.match(before.details, /^Estimated from the data\./);
      const first = await api.job({ ...unset, training_files, auto_start: false });
      await api.until(first.id, "VALIDATED");
      const after = await dryRun(api, { training_files });
      assert.deepEqual([after.estimated, after.training_steps, after.cost], [undefined, 60, 3]);
      assert.match(after.details, /^Planned by the training program/);

      // The same content in another file does not change the plan.
      const second = await api.trained({ ...unset, training_files: [await api.fileId(samples(), "copy.jsonl")] });
      assert.deepEqual([plans(first.id), plans(second.id)], [1, 0]);
      assert.equal(second.events.find((event: Json) => event.name === "found-plan").data.total_steps, 60);
      assert.equal(second.metadata.cost, 3);
    });

    it("is not used for other data, hyperparameters or model settings", async () => {
      const api = await startPlanner({ m: {}, other: { lora: { r: 4 } } });
      const planned = async (body: object) => {
        const { id } = await api.job({ ...unset, auto_start: false, ...body });
        await api.until(id, "VALIDATED");
        return plans(id);
      };
      const file = await api.fileId();
      const training_files = [file];
      assert.equal(await planned({ training_files }), 1);
      assert.equal(await planned({ training_files }), 0);
      assert.equal(await planned({ training_files: [await api.fileId(samples(4))] }), 1);
      assert.equal(await planned({ training_files: [{ file_id: file, weight: 2 }] }), 1);
      assert.equal(await planned({ training_files, hyperparameters: { epochs: 2 } }), 1);
      assert.equal(await planned({ training_files, model: "other" }), 1);
      assert.equal(await planned({ training_files, validation_files: training_files }), 1);
      assert.equal(await planned({ training_files, invalid_sample_skip_percentage: 0.1 }), 1);
      // The content of a repository is not known before the program reads it.
      assert.equal(await planned({ training_files, repositories: REPOSITORIES }), 1);
      assert.equal(await planned({ training_files, repositories: REPOSITORIES }), 1);
    });

    it("counts as missing when its file is damaged", async () => {
      const api = await startPlanner({ m: {} });
      const training_files = [await api.fileId()];
      const first = await api.trained({ ...unset, training_files });
      const folder = `${trainings.server.dataDir}/plans`;
      for (const name of readdirSync(folder)) writeFileSync(`${folder}/${name}`, "{");
      const second = await api.trained({ ...unset, training_files });
      assert.deepEqual([plans(first.id), plans(second.id)], [1, 1]);
    });

    it("tells how many characters a token of the model has", async () => {
      const api = await startPlanner({ m: {} });
      await api.trained({ ...unset });
      // The fake program counts 36 tokens in three samples of 36 characters.
      assert.equal((await api.ok("GET", "/v1/models/m")).training.characters_per_token, 3);
    });
  });

  describe("enforces the rules of the tokenizer version", () => {
    it("for new data, and only warns for data that has passed before", async () => {
      const api = await startPlanner({ m: {} });
      const rules = async (file: string, body: object = {}) => {
        const { id } = await api.job({ ...unset, auto_start: false, training_files: [file], ...body });
        await api.until(id, "VALIDATED");
        return jobFile(id).generation_rules;
      };
      const file = await api.fileId();
      assert.equal(await rules(file), "enforce");
      assert.equal(await rules(file), "warn");
      assert.equal(await rules(await api.fileId(samples(), "copy.jsonl")), "warn");
      assert.equal(await rules(await api.fileId(samples(4))), "enforce");
      // One new file makes the job a new one.
      assert.equal(await rules(file, { validation_files: [await api.fileId(samples(5))] }), "enforce");
    });

    it("for data of a failed validation", async () => {
      const api = await startPlanner({ m: {}, broken: { plan: { behaviour: "crash" } } });
      const training_files = [await api.fileId()];
      const failed = await api.job({ model: "broken", training_files });
      await api.until(failed.id, "FAILED");
      const { id } = await api.job({ ...unset, training_files });
      await api.until(id, "SUCCESS");
      assert.equal(jobFile(id).generation_rules, "enforce");
    });
  });

  it("is not needed to start a job that an earlier release has validated", async () => {
    // Such a job has a stored plan, but no folder.
    let api = await trainings.create({ m: {} }).start();
    const { id } = await api.job({ ...unset, auto_start: false });
    const { metadata } = await api.until(id, "VALIDATED");
    await trainings.server.kill("SIGTERM");
    api = await trainings.server.startPlanner();
    assert.deepEqual((await api.getJob(id)).metadata, metadata);
    await api.ok("POST", `/v1/fine_tuning/jobs/${id}/start`);
    await api.until(id, "SUCCESS");
    assert.equal(jobFile(id).hyperparameters.epochs, 1);
    assert.ok(!("generation_rules" in jobFile(id)));
    assert.equal(plans(id), 0);
  });

  it("survives the loss of the job's folder", async () => {
    const api = await startPlanner({ m: {} });
    const { id } = await api.job({ ...unset, auto_start: false });
    await api.until(id, "VALIDATED");
    rmSync(trainings.server.path(id), { recursive: true });
    await api.ok("POST", `/v1/fine_tuning/jobs/${id}/start`);
    await api.until(id, "SUCCESS");
    assert.equal(jobFile(id).hyperparameters.epochs, undefined);
  });
});

describe("server: the events of a plan", () => {
  it("are at most 100 events and 1 MiB of them", () => {
    const events = (count: number, length: number) =>
      toEvents({ events: Array(count).fill({ name: "e", data: { text: "é".repeat(length) } }) } as never).length;
    assert.equal(events(200, 1), 100);
    assert.equal(events(100, 50_000), 10);
  });
});
