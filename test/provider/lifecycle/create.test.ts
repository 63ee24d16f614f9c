import assert from "node:assert/strict";
import { create } from "../../../provider/src/lifecycle/create";
import { initErrorOf, LifecycleHarness } from "../../support/lifecycle";
import { sample } from "../../support/samples";
import { TestProxy } from "../../support/testProxy";

describe("create", () => {
  let harness: LifecycleHarness;
  before(async () => {
    harness = await LifecycleHarness.create();
  });
  after(() => harness.end());

  it("uploads the data, trains, and returns the model with all of the API's fields", async () => {
    const { id, outputs } = await harness.create("whole", {
      validationFiles: [await harness.file("valid.jsonl", sample("Why?"))],
      modelName: "A name",
      modelDescription: "A description",
    });
    const job = await harness.client.jobs.get(id);
    assert.equal(job.auto_start, false);
    assert.equal(outputs.jobId, id);
    assert.equal(outputs.status, "SUCCESS");
    assert.equal(outputs.fineTunedModel, job.fine_tuned_model);
    assert.equal(outputs.baseUrl, harness.url);
    assert.equal(outputs.simulated, true);
    assert.deepEqual(outputs.trainingFileIds, job.training_files);
    assert.deepEqual(outputs.validationFileIds, job.validation_files);
    assert.match(outputs.createdAt ?? "", /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000Z$/);
    assert.equal(outputs.checkpoints.at(-1)?.stepNumber, 20);
    assert.equal(outputs.trainLoss, outputs.checkpoints.at(-1)?.trainLoss);
    assert.ok((outputs.validLoss as number) > 0);
    assert.ok((outputs.trainedTokens as number) > 0);
    const { base, tuned, improvement, kept, simulated } = outputs.evaluation ?? {};
    assert.deepEqual([base?.step, tuned?.validLoss, kept, simulated], [0, outputs.validLoss, "best", true]);
    assert.ok((improvement?.validLoss as number) > 0 && (improvement?.validMeanTokenAccuracy as number) > 0);
    assert.ok(outputs.events.length > 3);
    assert.equal(outputs.model, "open-mistral-7b");
    const model = await harness.client.models.get(outputs.fineTunedModel as string);
    assert.deepEqual([model.name, model.description], ["A name", "A description"]);
  });

  it("sends every input under the API's name", async () => {
    const { id } = await harness.create("everything", {
      jobType: "classifier",
      trainingFiles: [
        { path: await harness.file("classes.jsonl", '{"text":"good","labels":{"mood":"happy"}}\n'), weight: 2 },
      ],
      hyperparameters: { trainingSteps: 3, learningRate: 1e-5, weightDecay: 0.2, warmupFraction: 0.1, seqLen: 200 },
      classifierTargets: [{ name: "mood", labels: ["happy", "sad"], lossFunction: "single_class", weight: 0.5 }],
      integrations: [{ type: "wandb", project: "p", name: "display", runName: "run", apiKey: "k".repeat(40) }],
      suffix: "mine",
      invalidSampleSkipPercentage: 0.1,
    });
    const job = await harness.client.jobs.get(id);
    assert.equal(job.job_type, "classifier");
    assert.equal(job.suffix, "mine");
    assert.match(job.fine_tuned_model ?? "", /^ft:classifier:/);
    const { training_steps, learning_rate, weight_decay, warmup_fraction, seq_len } = job.hyperparameters ?? {};
    assert.deepEqual([training_steps, learning_rate, weight_decay, warmup_fraction, seq_len], [3, 1e-5, 0.2, 0.1, 200]);
    assert.deepEqual(job.classifier_targets?.[0]?.labels, ["happy", "sad"]);
    assert.equal(job.integrations?.[0]?.project, "p");
  });

  it("trains on repositories alone", async () => {
    const { id } = await create(
      await harness.declare("code", {
        repositories: [{ type: "github", owner: "o", name: "n", ref: "main", token: "t0k3n" }],
        trainingFiles: undefined,
        hyperparameters: { epochs: 1, fimRatio: 0.5 },
      }),
      harness.host(),
    );
    const job = await harness.client.jobs.get(id);
    assert.deepEqual(job.training_files, []);
    assert.equal(job.repositories?.[0]?.owner, "o");
    assert.deepEqual([job.hyperparameters?.epochs, job.hyperparameters?.fim_ratio], [1, 0.5]);
  });

  it("uploads the same content once, even from different files", async () => {
    const text = sample("Shared?");
    const before = (await harness.files()).length;
    await harness.create("first", { trainingFiles: [await harness.file("a.jsonl", text)] });
    await harness.create("second", { trainingFiles: [await harness.file("b.jsonl", text)] });
    assert.equal((await harness.files()).length, before + 1);
  });

  it("uses a file that is already on the server", async () => {
    const { id: fileId } = await harness.client.files.upload({ name: "own.jsonl", content: sample("Own?") });
    const { outputs } = await harness.create("by-id", { trainingFiles: [{ fileId }] });
    assert.deepEqual(outputs.trainingFileIds, [fileId]);
  });

  it("rejects a file that changed after check, and creates nothing", async () => {
    const path = await harness.file("moving.jsonl", sample("Before?"));
    const inputs = await harness.declare("moving", { trainingFiles: [path] });
    await harness.file("moving.jsonl", sample("Behind?"));
    const before = (await harness.jobs()).length;

    await assert.rejects(create(inputs, harness.host()), /moving\.jsonl/);
    assert.equal((await harness.jobs()).length, before);
  });

  it("adopts the job with the same inputs instead of paying twice", async () => {
    const first = await harness.create("again");
    const host = harness.host();
    const second = await harness.create("again", {}, host);
    assert.equal(second.id, first.id);
    assert.match(
      host.logged.map(({ message }) => message).join("\n"),
      /adopted existing fine-tuning job .* Change `triggers`/,
    );
    assert.notEqual((await harness.create("again", { triggers: [1] })).id, first.id);
  });

  it("distinguishes resources with the same explicit suffix", async () => {
    const first = await harness.create("one", { suffix: "shared" });
    const other = await harness.create("two", { suffix: "shared" });
    assert.notEqual(other.id, first.id);
    assert.equal((await harness.create("one", { suffix: "shared" })).id, first.id);
  });

  it("finds its own job with only file IDs and an explicit suffix", async () => {
    const upload = async (name: string) =>
      (await harness.client.files.upload({ name: `${name}.jsonl`, content: sample(name) })).id;
    const first = { suffix: "others", trainingFiles: [{ fileId: await upload("one") }] };
    const { id, outputs } = await harness.create("given-one", first);
    const other = await harness.create("given-two", {
      suffix: "others",
      trainingFiles: [{ fileId: await upload("two") }],
    });
    assert.notEqual(other.id, id);
    await harness.client.models.delete(outputs.fineTunedModel as string);
    assert.notEqual((await harness.create("given-one", first)).id, id, "a job without its model does not match");
  });

  it("fails when only file IDs and an explicit suffix match an existing job", async () => {
    const { id: fileId } = await harness.client.files.upload({ name: "given.jsonl", content: sample("Given?") });
    const inputs = { suffix: "given", trainingFiles: [{ fileId }] };
    const { id } = await harness.create("given", inputs);
    await assert.rejects(harness.create("given", inputs), new RegExp(`${id}.*set \`adopt\``));
    assert.equal((await harness.create("given", { ...inputs, adopt: id })).id, id);
  });

  it("retrains when the earlier job's model is gone, and unarchives an archived model", async () => {
    const first = await harness.create("model");
    const model = first.outputs.fineTunedModel as string;
    await harness.client.models.archive(model);
    assert.equal((await harness.create("model")).id, first.id);
    assert.equal((await harness.client.models.get(model)).archived, false);
    await harness.client.models.delete(model);
    assert.notEqual((await harness.create("model")).id, first.id);
  });

  it("stays in VALIDATED with its cost when autoStart is false", async () => {
    const { outputs } = await harness.create("gate", { autoStart: false });
    assert.equal(outputs.status, "VALIDATED");
    assert.ok((outputs.cost as number) > 0);
    assert.equal(outputs.fineTunedModel, undefined);
  });

  it("does not start a job that costs more than maxCost, and reports both figures", async () => {
    const trainingFiles = [await harness.file("dear.jsonl", sample("Dear?"))];
    // The preview of a job on this server knows the exact cost, and would fail first.
    const inputs = { ...(await harness.declare("dear", { trainingFiles })), maxCost: 0.01 };
    const error = await initErrorOf(create(inputs, harness.host()));
    assert.equal(error.outputs.status, "VALIDATED");
    assert.match(error.message, new RegExp(`would cost ${error.outputs.cost} USD.*maxCost 0\\.01`));
    assert.equal((await harness.client.jobs.get(error.id)).status, "VALIDATED");
  });

  it("returns once the training has started when waitForCompletion is false", async () => {
    const { id, outputs } = await harness.create("no-wait", { waitForCompletion: false });
    assert.ok(["QUEUED", "STARTED", "RUNNING"].includes(outputs.status), outputs.status);
    assert.equal(outputs.jobId, id);
  });

  it("fails with the job's last events when the training fails, and keeps the ID", async () => {
    const error = await initErrorOf(
      harness.create("diverging", { hyperparameters: { trainingSteps: 20, learningRate: 0.5 } }),
    );
    assert.equal(error.outputs.status, "FAILED");
    assert.match(error.message, new RegExp(`${error.id} has ended as FAILED(.|\\n)*diverged(.|\\n)*\`triggers\``));
  });

  it("fails with the line of the data that the server rejects", async () => {
    const content = `${sample("Good?")}not json\n`;
    const { id: fileId } = await harness.client.files.upload({ name: "bad.jsonl", content });
    const error = await initErrorOf(harness.create("bad-data", { trainingFiles: [{ fileId }] }));
    assert.equal(error.outputs.status, "FAILED_VALIDATION");
    assert.match(error.message, /line 2|:2/);
  });
});

describe("two processes that create a job with the same inputs at the same time", () => {
  let harness: LifecycleHarness;
  before(async () => {
    harness = await LifecycleHarness.create();
  });
  after(() => harness.end());

  it("elect one job, and pay once", async () => {
    const inputs = await harness.declare("twins", {});
    const results = await Promise.all([1, 2, 3].map(() => create(inputs, harness.host())));
    assert.equal(new Set(results.map(({ id }) => id)).size, 1);
    const jobs = await harness.jobs();
    assert.deepEqual(jobs.filter(({ status }) => status !== "CANCELLED").length, 1);
  });
});

describe("a wait that ends before the job", () => {
  let harness: LifecycleHarness;
  before(async () => {
    harness = await LifecycleHarness.create({ speed: 40 });
  });
  after(() => harness.end());
  const slow = { hyperparameters: { trainingSteps: 10_000 } };

  it("keeps the ID and does not cancel the job when it is interrupted", async () => {
    const host = harness.host();
    const created = setInterval(() => {
      if (host.logged.some(({ message }) => message.startsWith("created"))) host.controller.abort();
    }, 20);
    const error = await initErrorOf(harness.create("interrupted", slow, host)).finally(() => clearInterval(created));
    assert.match(
      error.message,
      /interrupted; fine-tuning job .* (was not cancelled|was created) and its ID is in the state/,
    );
    assert.equal((await harness.client.jobs.get(error.id)).status.startsWith("CANCEL"), false);
  });

  it("keeps the ID when the timeout is not a whole number of milliseconds", async () => {
    const inputs = {
      ...(await harness.declare("fraction", { ...slow, triggers: [1] })),
      __timeouts: { create: 0.5000000001 },
    };
    const error = await initErrorOf(create(inputs, harness.host()));
    assert.match(error.message, /customTimeouts/);
  });

  it("keeps the ID and does not cancel the job when it times out", async () => {
    const inputs = { ...(await harness.declare("late", slow)), __timeouts: { create: 0.5 } };

    const error = await initErrorOf(create(inputs, harness.host()));
    assert.match(error.message, /timed out after 1 s \(to wait longer, set the resource option customTimeouts\)/);
    assert.equal((await harness.client.jobs.get(error.id)).status.startsWith("CANCEL"), false);
  });
});

describe("a creation request without a reply", () => {
  let harness: LifecycleHarness;
  let proxy: TestProxy;
  /** Loses the creation request, or its reply. */
  let loss: "cut-before" | "cut-after";

  before(async () => {
    harness = await LifecycleHarness.create();
    proxy = await TestProxy.start({ target: harness.url });
    proxy.route("", ({ template }) => ({ kind: template === "POST /v1/fine_tuning/jobs" ? loss : "none" }));
  });
  after(async () => {
    await proxy.stop();
    await harness.end();
  });

  const host = () => harness.host({ baseUrl: proxy.url() });

  it("continues with the created job when only the reply was lost", async () => {
    loss = "cut-after";
    const { outputs } = await harness.create("answer-lost", {}, host());
    assert.equal(outputs.status, "SUCCESS");
    assert.equal((await harness.jobs()).length, 1);
  });

  it("fails with advice when the request was lost", async () => {
    loss = "cut-before";
    await assert.rejects(
      harness.create("lost", {}, host()),
      /Run `pulumi up` again: if the server created the job, `pulumi up` adopts it/,
    );
    assert.equal((await harness.jobs()).length, 1);
  });
});
