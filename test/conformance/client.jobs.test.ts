import assert from "node:assert/strict";
import { Mistral } from "@mistralai/mistralai";
import type { CompletionJobOut } from "@mistralai/mistralai/models/components";
import { CLASSIFIER_TARGETS, withServer } from "../server/support";
import { eventually } from "../support/eventually";

const KEY = "the-key";
const MOOD = '{"text":"a fine day","labels":{"mood":"good"}}\n';

describe("the official TypeScript client: jobs", () => {
  // At this speed a job of 1000 steps takes 20 s, so no job ends before a test cancels it.
  const api = withServer({ apiKeys: [KEY], speed: 100 });
  let jobs: Mistral["fineTuning"]["jobs"];
  let fileId: string;

  before(async () => {
    jobs = new Mistral({ serverURL: api.url, apiKey: KEY }).fineTuning.jobs;
    fileId = await api.fileId();
  });

  /** Creates a job that trains on one file. */
  const create = (body: Partial<Parameters<typeof jobs.create>[0]> = {}) =>
    jobs.create({
      model: "open-mistral-7b",
      trainingFiles: [{ fileId }],
      hyperparameters: { trainingSteps: 1 },
      ...body,
    }) as Promise<CompletionJobOut>;

  const until = (jobId: string, status: string) =>
    eventually(status, async () => {
      const job = await jobs.get({ jobId });
      return job.status === status ? job : undefined;
    });

  it("creates a job with every parameter, and returns the parsed values", async () => {
    const hyperparameters = {
      trainingSteps: 1000,
      learningRate: 0.001,
      weightDecay: 0.2,
      warmupFraction: 0.1,
      epochs: 2,
      seqLen: 4096,
      fimRatio: 0.5,
    };
    const job = await create({
      trainingFiles: [{ fileId, weight: 0.5 }],
      validationFiles: [fileId],
      hyperparameters,
      suffix: "everything",
      integrations: [{ type: "wandb", project: "p", name: "n", runName: "r", apiKey: "w".repeat(40) }],
      autoStart: false,
      invalidSampleSkipPercentage: 0.25,
      jobType: "completion",
      repositories: [{ type: "github", owner: "o", name: "r", ref: "main", weight: 2, token: "t" }],
    });
    const { id, createdAt, modifiedAt, ...rest } = job;
    assert.ok(Math.abs(createdAt - Date.now() / 1000) < 60 && modifiedAt >= createdAt);
    assert.deepEqual(rest, {
      object: "job",
      status: "QUEUED",
      model: "open-mistral-7b",
      jobType: "completion",
      autoStart: false,
      suffix: "everything",
      trainingFiles: [fileId],
      validationFiles: [fileId],
      hyperparameters,
      integrations: [{ type: "wandb", project: "p", name: "n", runName: "r" }],
      repositories: [{ type: "github", owner: "o", name: "r", ref: "main", weight: 2, commitId: "0".repeat(40) }],
      metadata: {},
    });
    assert.equal((await jobs.get({ jobId: id })).id, id);
  });

  it("creates a classifier job, and returns its targets", async () => {
    const job = await create({
      trainingFiles: [{ fileId: await api.fileId(MOOD) }],
      jobType: "classifier",
      classifierTargets: [{ ...CLASSIFIER_TARGETS[0], weight: 2, lossFunction: "multi_class" } as never],
    });
    assert.equal(job.jobType, "classifier");
    const detailed = await jobs.get({ jobId: job.id });
    assert.ok(detailed.jobType === "classifier");
    assert.deepEqual(detailed.classifierTargets, [
      { name: "mood", labels: ["good", "bad"], weight: 2, lossFunction: "multi_class" },
    ]);
  });

  it("starts a validated job, and returns its events, checkpoints and model when the job has ended", async () => {
    const { id } = await create({ validationFiles: [fileId], hyperparameters: { trainingSteps: 3 } });
    assert.ok(((await until(id, "VALIDATED")).metadata?.cost as number) > 0);
    const started = await jobs.start({ jobId: id });
    assert.equal(started.status, "STARTED");
    await assert.rejects(jobs.start({ jobId: id }), { statusCode: 409 });
    const ended = await until(id, "SUCCESS");
    assert.deepEqual(
      ended.events?.map((event) => [event.name, event.data?.status]),
      ["SUCCESS", "RUNNING", "STARTED", "VALIDATED", "VALIDATING", "QUEUED"].map((each) => ["status-updated", each]),
    );
    assert.deepEqual(
      ended.checkpoints?.map((each) => each.stepNumber),
      [3, 2, 1],
    );
    for (const { metrics } of ended.checkpoints ?? []) {
      assert.ok(metrics.trainLoss && metrics.validLoss && metrics.validMeanTokenAccuracy);
    }
    assert.match(ended.fineTunedModel as string, /^ft:open-mistral-7b:\d{8}:[0-9a-f]{8}$/);
    assert.equal(ended.trainedTokens, ended.metadata?.trainTokens);
    assert.equal(ended.metadata?.costCurrency, "USD");
  });

  it("cancels a running job and an unstarted job", async () => {
    const { id } = await create({ autoStart: true, hyperparameters: { trainingSteps: 1000 } });
    await until(id, "RUNNING");
    assert.equal((await jobs.cancel({ jobId: id })).status, "CANCELLATION_REQUESTED");
    await until(id, "CANCELLED");
    await assert.rejects(jobs.cancel({ jobId: id }), { statusCode: 409 });
    const unstarted = await create();
    assert.equal((await jobs.cancel({ jobId: unstarted.id })).status, "CANCELLED");
  });
});
