import assert from "node:assert/strict";
import { CLASSIFIER_TARGETS, history, type Json, SAMPLE, samples, withServer } from "../support";

const UNKNOWN_ID = "00000000-0000-4000-8000-000000000000";

describe("server: job lifecycle", () => {
  const api = withServer();

  it("trains a job with auto_start and registers its model", async () => {
    const job = await api.trained({ suffix: "demo", hyperparameters: { training_steps: 20 } });
    assert.deepEqual(history(job), ["QUEUED", "VALIDATING", "VALIDATED", "STARTED", "RUNNING", "SUCCESS"]);
    for (const event of job.events) {
      assert.equal(event.name, "status-updated");
      assert.ok(Number.isInteger(event.created_at));
    }
    const date = new Date(job.created_at * 1000).toISOString().slice(0, 10).replaceAll("-", "");
    assert.equal(job.fine_tuned_model, `ft:open-mistral-7b:demo:${date}:${job.id.slice(0, 8)}`);
    assert.equal(job.trained_tokens, 20 * 131072);
    assert.ok(job.modified_at >= job.created_at);
    const model = await api.ok("GET", `/v1/models/${job.fine_tuned_model}`);
    assert.equal(model.job, job.id);
  });

  it("validates many jobs at once without a Node.js warning", async () => {
    const warnings: Error[] = [];
    const record = (warning: Error) => warnings.push(warning);
    process.on("warning", record);
    try {
      const jobs = await Promise.all(Array.from({ length: 12 }, () => api.job({ auto_start: false })));
      await Promise.all(jobs.map(({ id }) => api.until(id, "VALIDATED")));
    } finally {
      process.off("warning", record);
    }
    assert.deepEqual(warnings, []);
  });

  it("reports the estimate and the progress in the metadata, marked as simulated", async () => {
    const { metadata } = await api.trained();
    const { last_updated_time, estimated_start_time, train_loss, ...rest } = metadata;
    assert.ok(Number.isInteger(last_updated_time) && Number.isInteger(estimated_start_time));
    assert.ok(train_loss > 0 && train_loss < 2);
    assert.deepEqual(rest, {
      simulated: true,
      trainer: "simulated",
      expected_duration_seconds: 1,
      cost: 2.6214,
      cost_currency: "USD",
      train_tokens_per_step: 131072,
      train_tokens: 1310720,
      data_tokens: 27,
      samples: 3,
      skipped_samples: 0,
      epochs: rest.epochs,
      total_steps: 10,
      current_step: 10,
      progress_percentage: 100,
      stop_reason: "completed",
    });
  });

  it("lists about ten checkpoints with falling training and validation losses, newest first", async () => {
    const validation = await api.fileId(samples(1), "valid.jsonl");
    const job = await api.trained({ hyperparameters: { training_steps: 25 }, validation_files: [validation] });
    const steps = job.checkpoints.map((each: Json) => each.step_number);
    assert.deepEqual(steps, [25, 24, 21, 18, 15, 12, 9, 6, 3]);
    for (const metric of ["train_loss", "valid_loss"]) {
      const losses = job.checkpoints.map((each: Json) => each.metrics[metric]);
      assert.deepEqual(
        losses,
        losses.toSorted((a: number, b: number) => a - b),
        metric,
      );
      assert.ok(losses.at(-1) > losses[0] * 1.5, metric);
    }
    const [last, before] = job.checkpoints.map((each: Json) => each.metrics.valid_mean_token_accuracy);
    assert.ok(last > before && last < 1);
    assert.equal(job.metadata.train_loss, job.checkpoints[0].metrics.train_loss);
  });

  it("has no validation metrics without validation files", async () => {
    const job = await api.trained();
    assert.deepEqual(Object.keys(job.checkpoints[0].metrics), ["train_loss"]);
  });

  it("stays in VALIDATED until it is started, and can be started once", async () => {
    const { id } = await api.job({ auto_start: false });
    const validated = await api.until(id, "VALIDATED");
    assert.equal(validated.metadata.total_steps, 10);
    // A job that was created later has ended, so the server had time to start this job too.
    await api.trained();
    assert.equal((await api.getJob(id)).status, "VALIDATED");
    const started = await api.ok("POST", `/v1/fine_tuning/jobs/${id}/start`);
    assert.equal(started.status, "STARTED");
    assert.ok(Array.isArray(started.events) && Array.isArray(started.checkpoints));
    await api.until(id, "SUCCESS");
    const again = await api.call("POST", `/v1/fine_tuning/jobs/${id}/start`);
    assert.equal(again.status, 409);
    assert.deepEqual([again.body.type, again.body.code], ["conflict", 409]);
    assert.match(again.body.message, /only a job that is VALIDATED can be started/);
  });

  it("immediately cancels a job that has not started", async () => {
    const { id } = await api.job({ auto_start: false });
    await api.until(id, "VALIDATED");
    assert.equal((await api.ok("POST", `/v1/fine_tuning/jobs/${id}/cancel`)).status, "CANCELLED");
    assert.equal((await api.call("POST", `/v1/fine_tuning/jobs/${id}/start`)).status, 409);
  });

  it("rejects cancelling a job that has ended", async () => {
    const { id } = await api.trained();
    const { status, body } = await api.call("POST", `/v1/fine_tuning/jobs/${id}/cancel`);
    assert.equal(status, 409);
    assert.match(body.message, /is SUCCESS; a job that has ended cannot be cancelled/);
  });

  it("fails a diverging job and reports the reason in its events", async () => {
    const { id } = await api.job({ hyperparameters: { training_steps: 10, learning_rate: 0.1 } });
    const job = await api.until(id, "FAILED");
    assert.deepEqual(history(job), ["QUEUED", "VALIDATING", "VALIDATED", "STARTED", "RUNNING", "FAILED"]);
    assert.match(job.events[0].data.reason, /diverged: at step 4 the loss was not a number/);
    assert.equal(job.metadata.stop_reason, "failed");
    assert.equal(job.metadata.current_step, 4);
    assert.ok(!("fine_tuned_model" in job));
    assert.equal(
      (await api.ok("GET", "/v1/models")).data.some((model: Json) => model.job === id),
      false,
    );
  });

  it("fails the validation of invalid data and reports file, line and problem", async () => {
    const data = await api.fileId(`${SAMPLE}\n{"messages":[]}\nnonsense\n`, "bad.jsonl");
    const { id } = await api.job({ training_files: [data] });
    const job = await api.until(id, "FAILED_VALIDATION");
    assert.deepEqual(history(job), ["QUEUED", "VALIDATING", "FAILED_VALIDATION"]);
    const finding = "bad.jsonl:2: messages: expected a list with at least one element, found an empty list";
    const { reason, findings } = job.events[0].data;
    assert.equal(reason, `${finding}; 2 of 3 samples are invalid`);
    assert.equal(findings[0], finding);
    assert.match(findings[1], /^bad\.jsonl:3: is not valid JSON \(/);
    assert.deepEqual(job.metadata, { trainer: "simulated", simulated: true });
  });

  it("skips invalid samples up to the allowed share", async () => {
    const data = await api.fileId(`${SAMPLE}\n{}\n${SAMPLE}\n${SAMPLE}\n`);
    const good = await api.trained({ training_files: [data], invalid_sample_skip_percentage: 0.25 });
    assert.deepEqual([good.metadata.samples, good.metadata.skipped_samples], [3, 1]);
    const { id } = await api.job({ training_files: [data], invalid_sample_skip_percentage: 0.24 });
    assert.match(
      (await api.until(id, "FAILED_VALIDATION")).events[0].data.reason,
      /1 of 4 samples are invalid \(24 % may be/,
    );
  });

  it("fails the validation of invalid validation data", async () => {
    const { id } = await api.job({ validation_files: [await api.fileId("{}", "valid.jsonl")] });
    assert.match((await api.until(id, "FAILED_VALIDATION")).events[0].data.reason, /^valid\.jsonl:1: /);
  });

  it("trains a classifier", async () => {
    const data = await api.fileId('{"text":"fine","labels":{"mood":"good"}}\n{"text":"no","labels":{"mood":"bad"}}\n');
    const job = await api.trained({ training_files: [data], classifier_targets: CLASSIFIER_TARGETS });
    assert.match(job.fine_tuned_model, /^ft:classifier:open-mistral-7b:\d{8}:[0-9a-f]{8}$/);
    const model = await api.ok("GET", `/v1/models/${job.fine_tuned_model}`);
    assert.equal(model.capabilities.classification, true);
    assert.equal(model.model_type, "classifier");
    assert.equal(model.classifier_targets[0].name, "mood");
  });

  it("never returns the keys of integrations and the tokens of repositories", async () => {
    const secrets = ["wandb-key-S3CRET".padEnd(40, "x"), "github-token-S3CRET"] as const;
    const body = {
      integrations: [{ project: "p", api_key: secrets[0] }],
      repositories: [{ owner: "o", name: "n", token: secrets[1] }],
    };
    const replies = [await api.job(body)];
    replies.push(await api.until(replies[0].id, "SUCCESS"), await api.ok("GET", "/v1/fine_tuning/jobs"));
    const refused = await api.call("POST", "/v1/fine_tuning/jobs", { model: 1, ...body });
    replies.push(refused.body);
    for (const secret of secrets) {
      assert.ok(!JSON.stringify(replies).includes(secret));
    }
  });

  it("answers 404 for unknown job ids", async () => {
    for (const [method, path] of [
      ["GET", UNKNOWN_ID],
      ["GET", "no-uuid"],
      ["GET", "%00"],
      ["GET", "x".repeat(2000)],
      ["POST", `${UNKNOWN_ID}/cancel`],
      ["POST", `${UNKNOWN_ID}/start`],
    ]) {
      const { status, body } = await api.call(method as string, `/v1/fine_tuning/jobs/${path}`);
      assert.equal(status, 404, path);
      assert.deepEqual(body, {
        object: "error",
        message: "There is no job with this id",
        type: "not_found",
        code: 404,
      });
    }
  });
});

describe("server: slow job", () => {
  const api = withServer({ speed: 20 });

  it("reports increasing progress while it runs", async () => {
    const { id } = await api.job({ hyperparameters: { training_steps: 20 } });
    const observed: Json[] = [];
    for (let job = await api.until(id, "RUNNING"); job.status === "RUNNING"; job = await api.getJob(id)) {
      if (job.metadata.current_step !== undefined) {
        observed.push(job.metadata);
      }
    }
    const steps = observed.map((metadata) => metadata.current_step);
    assert.deepEqual(
      steps,
      steps.toSorted((a, b) => a - b),
    );
    assert.ok(new Set(steps).size >= 5, `saw steps ${[...new Set(steps)]}`);
    const middle = observed.find((metadata) => metadata.current_step >= 5);
    assert.equal(middle.total_steps, 20);
    assert.equal(middle.progress_percentage, Math.floor((middle.current_step / 20) * 100));
    assert.ok([1, 2].includes(middle.estimated_remaining_seconds));
    assert.ok(middle.train_loss > 0.5);
    assert.ok(!("stop_reason" in middle));
  });

  it("is cancelled through CANCELLATION_REQUESTED, also when cancellation is requested twice", async () => {
    const { id } = await api.job({ hyperparameters: { training_steps: 1000 } });
    await api.until(id, "RUNNING");
    for (let times = 0; times < 2; times += 1) {
      assert.equal((await api.ok("POST", `/v1/fine_tuning/jobs/${id}/cancel`)).status, "CANCELLATION_REQUESTED");
    }
    const job = await api.until(id, "CANCELLED");
    assert.deepEqual(history(job).slice(-3), ["RUNNING", "CANCELLATION_REQUESTED", "CANCELLED"]);
    assert.ok(!("fine_tuned_model" in job));
    assert.equal(job.metadata.stop_reason, "cancelled");
  });

  it("is cancelled immediately during validation and stays cancelled", async () => {
    const { id } = await api.job();
    await api.until(id, "VALIDATING");
    assert.equal((await api.ok("POST", `/v1/fine_tuning/jobs/${id}/cancel`)).status, "CANCELLED");
    // A job that was created later has been validated, so the validation of this job has ended too.
    await api.trained();
    assert.deepEqual(history(await api.getJob(id)), ["QUEUED", "VALIDATING", "CANCELLED"]);
  });

  it("cannot be started during validation", async () => {
    const { id } = await api.job({ auto_start: false });
    const { status, body } = await api.call("POST", `/v1/fine_tuning/jobs/${id}/start`);
    assert.equal(status, 409);
    assert.match(body.message, /is (QUEUED|VALIDATING); only/);
  });
});
