import assert from "node:assert/strict";
import { CLASSIFIER_TARGETS, type Json, samples, withServer } from "../support";

const UNKNOWN_ID = "00000000-0000-4000-8000-000000000000";
const WANDB = { project: "p", api_key: "w".repeat(40) };
const REPOSITORY = { owner: "o", name: "n", token: "t" };

/** Returns different labels of the given length. */
const labels = (count: number, length: number) =>
  Array.from({ length: count }, (_, index) => String(index).padEnd(length, "x"));

describe("server: creating jobs", () => {
  const api = withServer();
  let fileId: string;

  before(async () => {
    fileId = await api.fileId();
  });

  const create = (body: Record<string, unknown>, query = "") =>
    api.call("POST", `/v1/fine_tuning/jobs${query}`, { model: "m", training_files: [fileId], ...body });

  it("returns the job with the documented defaults", async () => {
    const { status, body } = await create({});
    assert.equal(status, 200);
    const { id, created_at, modified_at, ...rest } = body;
    assert.match(id, /^[0-9a-f-]{36}$/);
    assert.ok(Number.isInteger(created_at) && Number.isInteger(modified_at));
    assert.deepEqual(rest, {
      object: "job",
      status: "QUEUED",
      model: "m",
      job_type: "completion",
      auto_start: false,
      training_files: [fileId],
      validation_files: [],
      hyperparameters: { learning_rate: 0.0001, weight_decay: 0.1, warmup_fraction: 0.05 },
      integrations: [],
      repositories: [],
      metadata: { trainer: "simulated", simulated: true },
    });
  });

  it("accepts every field, and file ids with and without a weight", async () => {
    const hyperparameters = {
      training_steps: 3,
      learning_rate: 0.01,
      weight_decay: 0,
      warmup_fraction: 1,
      epochs: 0.5,
      seq_len: 100,
      fim_ratio: 0,
    };
    const other = await api.fileId();
    const { status, body } = await create({
      training_files: [fileId, { file_id: other, weight: 0.25 }],
      validation_files: [other],
      hyperparameters,
      suffix: "\u{1f600}".repeat(18),
      integrations: [{ ...WANDB, type: "wandb", name: "run", run_name: "r" }],
      auto_start: false,
      invalid_sample_skip_percentage: 0.5,
      job_type: "completion",
      repositories: [{ ...REPOSITORY, type: "github", ref: "main", weight: 2 }],
    });
    assert.equal(status, 200, JSON.stringify(body));
    assert.deepEqual(body.training_files, [fileId, other]);
    assert.deepEqual(body.validation_files, [other]);
    assert.deepEqual(body.hyperparameters, hyperparameters);
    assert.equal(body.suffix, "\u{1f600}".repeat(18));
    assert.deepEqual(body.integrations, [{ type: "wandb", project: "p", name: "run", run_name: "r" }]);
    assert.deepEqual(body.repositories, [
      { type: "github", owner: "o", name: "n", ref: "main", weight: 2, commit_id: "0".repeat(40) },
    ]);
  });

  it("accepts null for absent values, as the official clients send it", async () => {
    const { status, body } = await create({
      validation_files: null,
      suffix: null,
      integrations: null,
      job_type: null,
      repositories: null,
      classifier_targets: null,
      hyperparameters: { training_steps: null, weight_decay: null, epochs: null, seq_len: null, fim_ratio: null },
    });
    assert.equal(status, 200, JSON.stringify(body));
    assert.ok(!("suffix" in body) && !("fine_tuned_model" in body));
  });

  it("accepts repositories without files", async () => {
    const { status, body } = await create({ training_files: undefined, repositories: [REPOSITORY] });
    assert.equal(status, 200, JSON.stringify(body));
    assert.deepEqual(body.training_files, []);
    const job = await api.until(body.id, "VALIDATED");
    assert.equal(job.metadata.total_steps, 1);
  });

  it("accepts classifier targets with and without the job type", async () => {
    const data = await api.fileId('{"text":"a","labels":{"mood":"good"}}');
    for (const job_type of ["classifier", undefined]) {
      const { body } = await create({ training_files: [data], job_type, classifier_targets: CLASSIFIER_TARGETS });
      assert.equal(body.job_type, "classifier");
      assert.ok(!("repositories" in body));
      assert.deepEqual((await api.getJob(body.id)).classifier_targets, [
        { name: "mood", labels: ["good", "bad"], weight: 1, loss_function: "single_class" },
      ]);
    }
  });

  const refused: [string, Record<string, unknown>, string, RegExp][] = [
    ["no model", { model: undefined }, "model", /Field required/],
    ["an empty model", { model: "" }, "model", /Must not be empty/],
    ["a model that is a number", { model: 7 }, "model", /expected string, received number/],
    ["a model with NUL", { model: "a\0" }, "model", /NUL/],
    ["an unpaired surrogate", { model: "\ud800" }, "model", /surrogates/],
    ["a model with a line feed", { model: "a\nb" }, "model", /invisible characters/],
    ["a suffix that changes the direction of text", { suffix: "a\u202eb" }, "suffix", /invisible characters/],
    ["nothing to train on", { training_files: [] }, "training_files", /Nothing to train on/],
    ["files that are not a list", { training_files: "x" }, "training_files", /expected array/],
    ["an unknown file", { training_files: [UNKNOWN_ID] }, "training_files.0.file_id", /no file with this id/],
    ["an unknown validation file", { validation_files: [UNKNOWN_ID] }, "validation_files.0", /no file with this id/],
    ["weight 0", { training_files: [{ file_id: "x", weight: 0 }] }, "training_files.0.weight", /greater than 0/],
    [
      "weight as text",
      { training_files: [{ file_id: "x", weight: "1" }] },
      "training_files.0.weight",
      /expected number/,
    ],
    ["a file without id", { training_files: [{ weight: 1 }] }, "training_files.0.file_id", /Field required/],
    ["a long suffix", { suffix: "x".repeat(19) }, "suffix", /at most 18 characters/],
    ["an empty suffix", { suffix: "" }, "suffix", /Must not be empty/],
    ["auto_start as text", { auto_start: "true" }, "auto_start", /expected boolean/],
    ["an unknown field", { sufix: "x" }, "sufix", /Unknown field/],
    ["a skip share over half", { invalid_sample_skip_percentage: 0.51 }, "invalid_sample_skip_percentage", /<=0.5/],
    ["a negative skip share", { invalid_sample_skip_percentage: -0.1 }, "invalid_sample_skip_percentage", />=0/],
    ["an unknown job type", { job_type: "fun" }, "job_type", /Invalid option/],
    ["a classifier without targets", { job_type: "classifier" }, "classifier_targets", /Required for jobs/],
    [
      "targets of a completion job",
      { job_type: "completion", classifier_targets: CLASSIFIER_TARGETS },
      "classifier_targets",
      /Only for jobs with job_type classifier/,
    ],
    [
      "repositories of a classifier",
      { classifier_targets: CLASSIFIER_TARGETS, repositories: [REPOSITORY] },
      "repositories",
      /Only for jobs with job_type completion/,
    ],
    [
      "a FIM ratio of a classifier",
      { classifier_targets: CLASSIFIER_TARGETS, hyperparameters: { fim_ratio: 0.5 } },
      "hyperparameters.fim_ratio",
      /Only for jobs with job_type completion/,
    ],
    [
      "two targets of one name",
      { classifier_targets: [...CLASSIFIER_TARGETS, ...CLASSIFIER_TARGETS] },
      "classifier_targets",
      /^Target names must be unique$/,
    ],
    [
      "a label twice",
      { classifier_targets: [{ name: "a", labels: ["b", "b"] }] },
      "classifier_targets.0.labels",
      /^Must not contain a label twice$/,
    ],
    [
      "more than 10,000 labels in all",
      { classifier_targets: ["a", "b"].map((name) => ({ name, labels: labels(6_000, 5) })) },
      "classifier_targets",
      /^Must have at most 10000 labels in all, got 12000$/,
    ],
    [
      "labels of more than 500,000 characters in all",
      { classifier_targets: [{ name: "a", labels: labels(2_500, 201) }] },
      "classifier_targets",
      /^The labels must have at most 500000 characters in all, got 502500$/,
    ],
    ["no labels", { classifier_targets: [{ name: "a", labels: [] }] }, "classifier_targets.0.labels", />=1/],
    ["another integration", { integrations: [{ ...WANDB, type: "mlflow" }] }, "integrations.0.type", /"wandb"/],
    ["a short W&B key", { integrations: [{ ...WANDB, api_key: "k" }] }, "integrations.0.api_key", /40 characters/],
    ["no W&B project", { integrations: [{ api_key: WANDB.api_key }] }, "integrations.0.project", /Field required/],
    ["no token", { repositories: [{ owner: "o", name: "n" }] }, "repositories.0.token", /Field required/],
  ];
  const numbers: [string, unknown, RegExp][] = [
    ["training_steps", 0, />=1/],
    ["training_steps", 1.5, /expected int/],
    ["training_steps", "10", /expected number, received string/],
    ["training_steps", 1e300, /expected int|<=1000000/],
    ["learning_rate", 0, />=1e-8/],
    ["learning_rate", 1.1, /<=1/],
    ["weight_decay", -0.1, />=0/],
    ["weight_decay", 1.1, /<=1/],
    ["warmup_fraction", -1, />=0/],
    ["warmup_fraction", 2, /<=1/],
    ["epochs", 0, /greater than 0/],
    ["seq_len", 99, />=100/],
    ["fim_ratio", 1.01, /<=1/],
    ["lerning_rate", 0.1, /Unknown field/],
  ];
  for (const [field, value, message] of numbers) {
    refused.push([`${field} ${value}`, { hyperparameters: { [field]: value } }, `hyperparameters.${field}`, message]);
  }
  for (const [what, body, field, message] of refused) {
    it(`rejects ${what} and reports the field`, async () => {
      const reply = await create(body);
      assert.equal(reply.status, 422, JSON.stringify(reply.body));
      const [first] = reply.body.detail;
      assert.equal(first.loc.join("."), `body.${field}`);
      assert.match(first.msg, message);
      assert.equal(typeof first.type, "string");
    });
  }

  it("accepts a target with 10,000 labels", async () => {
    const { status } = await create({ classifier_targets: [{ name: "a", labels: labels(10_000, 40) }] });
    assert.equal(status, 200);
  });

  it("rejects a body that is nested too deeply, before parsing it", async () => {
    const body = `{"model":${"[".repeat(500_000)}`;
    const headers = { "content-type": "application/json" };
    const reply = await api.send("/v1/fine_tuning/jobs", { method: "POST", body, headers });
    assert.equal(reply.status, 422);
    const [detail] = reply.body.detail;
    assert.deepEqual([detail.loc, detail.msg], [["body"], "The body is nested more than 100 levels deep"]);
  });

  it("rejects a file that was uploaded for another purpose", async () => {
    const batch = await api.fileId(samples(), "b.jsonl", "batch");
    const { status, body } = await create({ training_files: [batch], validation_files: [batch] });
    assert.equal(status, 422);
    assert.deepEqual(
      body.detail.map((each: Json) => [each.loc.join("."), each.msg, each.type]),
      [
        ["body.training_files.0.file_id", "The file was uploaded for purpose batch, not fine-tune", "file_purpose"],
        ["body.validation_files.0", "The file was uploaded for purpose batch, not fine-tune", "file_purpose"],
      ],
    );
  });

  it("reports all violations at once", async () => {
    const { body } = await create({ model: 1, suffix: 2, extra: 3 });
    assert.deepEqual(body.detail.map((each: Json) => each.loc.join(".")).sort(), [
      "body.extra",
      "body.model",
      "body.suffix",
    ]);
  });

  it("creates no job when the request is invalid", async () => {
    const { total } = await api.ok("GET", "/v1/fine_tuning/jobs");
    await create({ suffix: "x".repeat(19) });
    assert.equal((await api.ok("GET", "/v1/fine_tuning/jobs")).total, total);
  });

  it("rejects an unknown or malformed query parameter", async () => {
    assert.equal((await create({}, "?dryrun=true")).status, 422);
    assert.equal((await create({}, "?dry_run=perhaps")).status, 422);
  });

  it("returns an estimate for a dry run and creates no job", async () => {
    const { total } = await api.ok("GET", "/v1/fine_tuning/jobs");
    const { status, body } = await create({ hyperparameters: { training_steps: 100 } }, "?dry_run=true");
    assert.equal(status, 200);
    const { epochs, details, ...rest } = body;
    assert.ok(epochs > 1000);
    assert.match(details, /Simulated/);
    assert.deepEqual(rest, {
      object: "job.metadata",
      deprecated: false,
      simulated: true,
      training_steps: 100,
      train_tokens_per_step: 131072,
      train_tokens: 13107200,
      data_tokens: 27,
      samples: 3,
      skipped_samples: 0,
      cost: 26.2144,
      cost_currency: "USD",
      expected_duration_seconds: 1,
    });
    assert.equal((await api.ok("GET", "/v1/fine_tuning/jobs")).total, total);
  });

  it("rejects invalid data in a dry run and reports the line", async () => {
    const bad = await api.fileId('{"text":"a"}\n{"txt":"b"}\n', "bad.jsonl");
    const { status, body } = await create({ training_files: [bad] }, "?dry_run=true");
    assert.equal(status, 422);
    assert.equal(body.detail[0].msg, 'bad.jsonl:2: expected "messages" or "text", found neither');
  });

  it("plans one step per megabyte and epoch, and one epoch by default", async () => {
    const megabytes = await api.fileId(`${JSON.stringify({ text: "x".repeat(1023) })}\n`.repeat(3 * 1024), "3mb.jsonl");
    const steps = async (hyperparameters: object) =>
      (await create({ training_files: [megabytes], hyperparameters }, "?dry_run=true")).body.training_steps;
    assert.equal(await steps({}), 3);
    assert.equal(await steps({ epochs: 4 }), 12);
    assert.equal(await steps({ epochs: 0.01 }), 1);
    assert.equal(await steps({ epochs: 4, training_steps: 7 }), 7);
  });
});
