import assert from "node:assert/strict";
import { join } from "node:path";
import { type Json, withServer } from "../server/support";
import { describeWithPython } from "../support/python";
import { python } from "./python/environment";

const SCRIPTS = join(__dirname, "python");
const KEYS = ["the-key", "another-key"];

describeWithPython("the official Python client", function () {
  // The first run on a machine installs the Python client.
  this.timeout(6 * 60_000);
  const api = withServer({ apiKeys: KEYS, speed: 1000 });
  let answers: Json;

  before(async () => {
    const { exitCode, stdout, all } = await python("mistralai", ["client.py", api.url, ...KEYS], SCRIPTS, 60_000);
    assert.equal(exitCode, 0, all);
    answers = JSON.parse(stdout);
  });

  it("uploads, retrieves and lists files", () => {
    const { upload, upload_batch, retrieve, list, list_filtered, list_page } = answers;
    const { id, created_at, bytes, ...rest } = upload;
    assert.ok(id && Number.isInteger(created_at) && bytes > 0);
    assert.deepEqual(rest, {
      object: "file",
      filename: "train.jsonl",
      purpose: "fine-tune",
      sample_type: "instruct",
      source: "upload",
      num_lines: 3,
      mimetype: "application/octet-stream",
    });
    assert.equal(upload_batch.purpose, "batch");
    assert.deepEqual(retrieve, { ...upload, deleted: false });
    assert.deepEqual(list, { object: "list", data: [upload_batch, upload], total: 2 });
    assert.deepEqual(list_filtered, { object: "list", data: [upload], total: 1 });
    assert.deepEqual(list_page, { object: "list", data: [upload] });
  });

  it("downloads files, signs URLs and deletes", () => {
    assert.equal(answers.download.length, answers.upload.bytes);
    assert.equal(answers.signed_content, answers.download);
    assert.ok(answers.get_signed_url.url.startsWith(`${api.url}/v1/files/${answers.upload.id}/content?`));
    assert.deepEqual(answers.delete, { id: answers.upload_batch.id, object: "file", deleted: true });
    assert.equal(answers.retrieve_deleted, 404);
    assert.equal(answers.wrong_key, 401);
  });

  it("creates a job with every parameter", () => {
    const { id, created_at, modified_at, ...rest } = answers.create;
    assert.ok(id && modified_at >= created_at);
    assert.deepEqual(rest, {
      object: "job",
      status: "QUEUED",
      model: "open-mistral-7b",
      job_type: "completion",
      auto_start: false,
      suffix: "everything",
      training_files: [answers.upload.id],
      validation_files: [answers.upload.id],
      hyperparameters: {
        training_steps: 3,
        learning_rate: 0.001,
        weight_decay: 0.2,
        warmup_fraction: 0.1,
        epochs: 2,
        seq_len: 4096,
        fim_ratio: 0.5,
      },
      integrations: [{ type: "wandb", project: "p", name: "n", run_name: "r" }],
      repositories: [{ type: "github", owner: "o", name: "r", ref: "main", weight: 2, commit_id: "0".repeat(40) }],
      metadata: {},
    });
  });

  it("starts a job, and returns its events, checkpoints and model", () => {
    assert.equal(answers.get_validated.status, "VALIDATED");
    assert.ok(answers.get_validated.metadata.cost > 0);
    assert.equal(answers.start.status, "STARTED");
    assert.equal(answers.start_again, 409);
    const { events, checkpoints, fine_tuned_model, trained_tokens, metadata } = answers.get;
    assert.deepEqual(
      events.map((event: Json) => event.data.status),
      ["SUCCESS", "RUNNING", "STARTED", "VALIDATED", "VALIDATING", "QUEUED"],
    );
    assert.deepEqual(
      checkpoints.map((each: Json) => each.step_number),
      [3, 2, 1],
    );
    assert.deepEqual(Object.keys(checkpoints[0].metrics).sort(), [
      "train_loss",
      "valid_loss",
      "valid_mean_token_accuracy",
    ]);
    assert.match(fine_tuned_model, /^ft:open-mistral-7b:everything:\d{8}:[0-9a-f]{8}$/);
    assert.equal(trained_tokens, metadata.train_tokens);
  });

  it("cancels a job", () => {
    assert.equal(answers.cancel.status, "CANCELLATION_REQUESTED");
    assert.equal(answers.cancel_again, 409);
  });

  it("filters and paginates the list of jobs", () => {
    const { everything, long, other } = answers.ids;
    assert.equal(answers.list_jobs.total, 3);
    assert.deepEqual(
      answers.list_jobs.data.map((job: Json) => job.id),
      [other, long, everything],
    );
    assert.deepEqual(answers.list_jobs_filtered, {
      model: [],
      status: [everything],
      suffix: [everything],
      wandb_project: [everything],
      wandb_name: [everything],
      created_by_me: [long, everything],
      created_after: [other],
      created_before: [long, everything],
      page: [long],
    });
  });

  it("reads a classifier job, although this version cannot create one", () => {
    // Version 1.12.4 does not send the targets, so the server rightly rejects the request.
    assert.ok(!("classifier_targets" in answers.classifier_sent));
    assert.equal(answers.classifier_failure, 422);
    const targets = [{ name: "mood", labels: ["good", "bad"], weight: 1, loss_function: "single_class" }];
    assert.deepEqual(answers.classifier.classifier_targets, targets);
    assert.equal(answers.list_classifiers.data[0].job_type, "classifier");
    assert.deepEqual(answers.update_classifier.classifier_targets, targets);
    assert.equal(answers.update_classifier.name, "Moods");
  });

  it("retrieves, lists, updates, archives, unarchives and deletes models", () => {
    const id = answers.get.fine_tuned_model;
    assert.deepEqual([answers.retrieve_base.type, answers.retrieve_base.capabilities.completion_fim], ["base", true]);
    const { type, job, root } = answers.retrieve_model;
    assert.deepEqual([type, job, root], ["fine-tuned", answers.create.id, "open-mistral-7b"]);
    assert.deepEqual(
      answers.list_models.data.find((model: Json) => model.id === id),
      answers.retrieve_model,
    );
    assert.deepEqual([answers.update.name, answers.update.description], ["A name", "What it is"]);
    assert.deepEqual(answers.archive, { id, object: "model", archived: true });
    assert.deepEqual(answers.unarchive, { id, object: "model", archived: false });
    assert.deepEqual(answers.delete_model, { id, object: "model", deleted: true });
    assert.equal(answers.retrieve_deleted_model, 404);
  });
});
