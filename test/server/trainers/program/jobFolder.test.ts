import assert from "node:assert/strict";
import { appendFileSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createJobBody } from "../../../../server/src/domain/jobSpec";
import type { Run } from "../../../../server/src/domain/trainer";
import { createJobFolder } from "../../../../server/src/trainers/program/createJobFolder";
import { JobFolder } from "../../../../server/src/trainers/program/jobFolder";
import { type ProgramProgress, toProgress } from "../../../../server/src/trainers/program/programProgress";
import { ProgressFile } from "../../../../server/src/trainers/program/progressFile";
import { readModelsFile } from "../../../../server/src/trainers/recipe/modelsFile";
import { folder, removeFolders, samples } from "../../support";

/** A run of one training file, which is there. */
function run(dataDir: string, body: Record<string, unknown> = {}): Run {
  const path = join(dataDir, "blob");
  writeFileSync(path, samples());
  const spec = createJobBody.parse({ model: "m", training_files: [{ file_id: "f1", weight: 2 }], ...body });
  const file = { id: "f1", name: "../../my data.jsonl", path, bytes: statSync(path).size };
  const plan = { totalSteps: 1, epochs: 1, samples: 3, skippedSamples: 0, dataTokens: 9, tokensPerStep: 9 };
  return {
    id: "job",
    owner: "anonymous",
    spec,
    trainingFiles: [file],
    validationFiles: [],
    plan: { ...plan, expectedDurationSeconds: 1 },
    startedAt: 0,
  };
}

describe("server: a job's folder", () => {
  afterEach(removeFolders);

  it("has the data under names of its own, even when the file is deleted", async () => {
    const dataDir = folder();
    const job = new JobFolder(dataDir, "job");
    await createJobFolder(job, run(dataDir), { path: "base", lora: { r: 4 } });
    rmSync(join(dataDir, "blob"));
    const written = JSON.parse(readFileSync(job.job, "utf8"));
    assert.deepEqual(written.training_files, [
      { id: "f1", name: "../../my data.jsonl", path: "data/f1.jsonl", weight: 2 },
    ]);
    assert.equal(readFileSync(join(job.path, "data/f1.jsonl"), "utf8"), samples());
    assert.deepEqual([written.version, written.base, written.seed], [1, { path: "base", lora: { r: 4 } }, 42]);
  });

  it("never has a secret, but the names of the variables that hold them", async () => {
    const dataDir = folder();
    const job = new JobFolder(dataDir, "job");
    const key = "k".repeat(40);
    const body = {
      integrations: [{ project: "p", api_key: key }],
      repositories: [{ owner: "o", name: "r", token: "t0ken" }],
    };
    await createJobFolder(job, run(dataDir, body), { path: "base" });
    const text = readFileSync(job.job, "utf8");
    assert.ok(!text.includes(key) && !text.includes("t0ken"));
    const written = JSON.parse(text);
    assert.equal(written.integrations[0].api_key_env, "WANDB_API_KEY");
    assert.equal(written.repositories[0].token_env, "REPOSITORY_TOKEN_1");
  });

  it("is finished when a crash left half of it, and stays as it is when it is complete", async () => {
    const dataDir = folder();
    const job = new JobFolder(dataDir, "job");
    await createJobFolder(job, run(dataDir), { path: "base" });
    rmSync(job.job);
    await createJobFolder(job, run(dataDir), { path: "second" });
    await createJobFolder(job, run(dataDir), { path: "third" });
    assert.equal(JSON.parse(readFileSync(job.job, "utf8")).base.path, "second");
  });
});

describe("server: progress.jsonl", () => {
  let path: string;
  let file: ProgressFile;

  beforeEach(() => {
    path = join(folder(), "progress.jsonl");
    file = new ProgressFile(path);
  });

  afterEach(removeFolders);

  const line = (fields: object) => `${JSON.stringify({ time: 1700000000.5, ...fields })}\n`;
  const read = (...lines: string[]): Promise<ProgramProgress> => {
    appendFileSync(path, lines.join(""));
    return file.read();
  };
  const checkpoint = (step: number, train_loss: number) => line({ type: "checkpoint", step, metrics: { train_loss } });

  it("is nothing before it is there", async () => {
    assert.equal(toProgress(await file.read()).state, "starting");
  });

  it("is read as it grows, and half a line only when its other half is there", async () => {
    const text = line({ type: "step", step: 3, loss: 1.5, tokens: 99, remaining_seconds: 7 });
    let programProgress = await read(line({ type: "start", total_steps: 10, step: 0 }), text.slice(0, 20));
    assert.deepEqual([programProgress.step, programProgress.totalSteps], [0, 10]);
    programProgress = await read(text.slice(20));
    assert.deepEqual(
      [
        programProgress.step,
        programProgress.trainLoss,
        programProgress.trainedTokens,
        programProgress.remainingSeconds,
        programProgress.invalidLines,
      ],
      [3, 1.5, 99, 7, 0],
    );
  });

  it("may be cut anywhere, inside a character too", async () => {
    const bytes = Buffer.from(line({ type: "event", name: "grüße 🙂" }));
    for (const byte of bytes) {
      appendFileSync(path, Buffer.from([byte]));
      await file.read();
    }
    assert.deepEqual((await file.read()).events, [{ name: "grüße 🙂", data: {}, createdAt: 1700000000500, line: 1 }]);
  });

  it("goes back to the checkpoint that an attempt resumes from, and the latest of repeated checkpoints counts", async () => {
    await read(line({ type: "start", total_steps: 9, step: 0 }), checkpoint(2, 5), checkpoint(4, 4));
    let programProgress = await read(line({ type: "step", step: 5 }), line({ type: "start", total_steps: 9, step: 2 }));
    assert.deepEqual([programProgress.step, programProgress.furthestStep, programProgress.attempts], [2, 5, 2]);
    assert.deepEqual(
      programProgress.events.map(({ name, data }) => [name, data]),
      [["resumed", { attempt: 2, step: 2 }]],
    );
    programProgress = await read(checkpoint(4, 3), checkpoint(4, 2));
    assert.deepEqual(
      programProgress.checkpoints.map((each) => [each.step, each.metrics.train_loss]),
      [
        [2, 5],
        [4, 2],
      ],
    );
  });

  it("has invalidLines that is ignored, and told once", async () => {
    const programProgress = await read(
      "Traceback (most recent call last):\n\0\u0007[[[\n\n",
      line({ type: "new in version 2" }),
      line({ type: "step", step: "two" }),
      "null\n17\n",
      line({ type: "step", step: 2, loss: null, extra: true }),
    );
    assert.deepEqual(
      [programProgress.step, programProgress.invalidLines, programProgress.trainLoss],
      [2, 2, undefined],
    );
    assert.deepEqual(
      programProgress.events.map((event) => [event.name, event.line]),
      [["unreadable-progress", 1]],
    );
  });

  it("may have a line without end, which is not kept", async () => {
    appendFileSync(path, "x".repeat(3 * 1024 ** 2));
    await file.read();
    const long = line({ type: "event", name: "long", data: { text: "x".repeat(100_000) } });
    const programProgress = await read("x\n", long, line({ type: "step", step: 2 }));
    assert.deepEqual([programProgress.invalidLines, programProgress.step], [2, 2]);
  });

  it("forgets the result of an attempt when another begins", async () => {
    const failed = line({ type: "result", status: "failed", reason: "no" });
    assert.equal((await read(failed)).result?.status, "failed");
    assert.equal((await read(line({ type: "start", total_steps: 9, step: 0 }))).result, undefined);
    const succeeded = line({
      type: "result",
      status: "succeeded",
      step: 9,
      trained_tokens: 1000,
      stop_reason: "early_stopping",
    });
    const programProgress = await read(succeeded);
    assert.deepEqual(
      [programProgress.result?.status, programProgress.step, programProgress.trainedTokens],
      ["succeeded", 9, 1000],
    );
  });
});

describe("server: the models file", () => {
  afterEach(removeFolders);

  function models(content: string) {
    const path = join(folder(), "models.yaml");
    writeFileSync(path, content);
    return { path, read: () => readModelsFile(path) };
  }

  it("merges its defaults under each entry, and takes paths relative to itself", () => {
    const { path, read } = models(
      "defaults: {lora: {r: 16, alpha: 32}, packing: true}\n" +
        "models:\n  a: some/hub-id\n  b: {path: ./b, lora: {r: 4}, price: {per_million_tokens: 2, currency: EUR}}\n",
    );
    assert.deepEqual(
      [...read()],
      [
        ["a", { path: "some/hub-id", lora: { r: 16, alpha: 32 }, packing: true }],
        [
          "b",
          {
            path: join(path, "../b"),
            lora: { r: 4, alpha: 32 },
            packing: true,
            price: { per_million_tokens: 2, currency: "EUR" },
          },
        ],
      ],
    );
  });

  it("says which field is wrong", () => {
    for (const [content, message] of [
      ["models: {a: {lora: {r: 4}}}", /models\.yaml: models\.a\.path: /],
      [
        "models: {a: {path: x, price: {per_million_tokens: -1, currency: EUR}}}",
        /models\.a\.price\.per_million_tokens: /,
      ],
      ["{}", /models\.yaml: models: /],
      ["models: [", /cannot read the models file/],
    ] as [string, RegExp][]) {
      assert.throws(models(content).read, { name: "UsageError", message });
    }
    assert.throws(() => readModelsFile("/nowhere/models.yaml"), /cannot read the models file .*ENOENT/);
  });
});
