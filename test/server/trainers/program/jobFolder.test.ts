import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createJobBody } from "../../../../server/src/domain/jobSpec";
import type { StartedJob } from "../../../../server/src/domain/trainer";
import { createJobFolder } from "../../../../server/src/trainers/program/createJobFolder";
import { JobFolder } from "../../../../server/src/trainers/program/jobFolder";
import { onSmallDisk } from "../../process";
import { folder, removeFolders, samples } from "../../support";

const JSON_FILE = join(__dirname, "../../../../server/dist/trainers/program/jsonFile.js");

/** Creates a training file and returns a run with it. */
function run(dataDir: string, body: Record<string, unknown> = {}): StartedJob {
  const path = join(dataDir, "blob");
  writeFileSync(path, samples());
  const spec = createJobBody.parse({ model: "m", training_files: [{ file_id: "f1", weight: 2 }], ...body });
  const file = { id: "f1", name: "../../my data.jsonl", path, bytes: statSync(path).size, sha256: "0".repeat(64) };
  const plan = { totalSteps: 1, epochs: 1, samples: 3, skippedSamples: 0, dataTokens: 9, tokensPerStep: 9 };
  return {
    id: "job",
    workspace: "default",
    owner: "anonymous",
    spec,
    trainingFiles: [file],
    validationFiles: [],
    isKnownData: false,
    plan: { ...plan, expectedDurationSeconds: 1 },
    startedAt: 0,
  };
}

describe("server: the job folder", () => {
  afterEach(removeFolders);

  it("stores the data under generated names, even when the file is deleted", async () => {
    const dataDir = folder();
    const job = new JobFolder(dataDir, "job");
    await createJobFolder(job, run(dataDir), { path: "base", lora: { r: 4 } });
    rmSync(join(dataDir, "blob"));
    const written = JSON.parse(readFileSync(job.jobFile, "utf8"));
    assert.deepEqual(written.training_files, [
      { id: "f1", name: "../../my data.jsonl", path: "data/f1.jsonl", weight: 2 },
    ]);
    assert.equal(readFileSync(join(job.path, "data/f1.jsonl"), "utf8"), samples());
    assert.deepEqual([written.version, written.base, written.seed], [1, { path: "base", lora: { r: 4 } }, 42]);
  });

  it("never contains a secret, only the names of environment variables", async () => {
    const dataDir = folder();
    const job = new JobFolder(dataDir, "job");
    const key = "k".repeat(40);
    const body = {
      integrations: [{ project: "p", api_key: key }],
      repositories: [{ owner: "o", name: "r", token: "t0ken" }],
    };
    await createJobFolder(job, run(dataDir, body), { path: "base" });
    const text = readFileSync(job.jobFile, "utf8");
    assert.ok(!text.includes(key) && !text.includes("t0ken"));
    const written = JSON.parse(text);
    assert.equal(written.integrations[0].api_key_env, "WANDB_API_KEY");
    assert.equal(written.repositories[0].token_env, "REPOSITORY_TOKEN_1");
  });

  it("keeps samples in the cleaned data that only an earlier release accepted", async () => {
    const dataDir = folder();
    const request = { ...run(dataDir), isKnownData: true };
    const nested = `{"text":"a","x":${"[".repeat(200)}${"]".repeat(200)}}`;
    const image = JSON.stringify({
      messages: [
        { role: "user", content: [{ type: "image_url", image_url: "https://images.invalid/x.png" }] },
        { role: "assistant", content: "A cat." },
      ],
    });
    writeFileSync(join(dataDir, "blob"), `${nested}\n${image}\n`);
    const clean = async (id: string, isKnownData: boolean) => {
      const job = new JobFolder(dataDir, id);
      await createJobFolder(job, { ...request, isKnownData }, { path: "base" }, { cleaned: true });
      return readFileSync(join(job.path, "data/f1.clean.jsonl"), "utf8");
    };
    assert.equal(await clean("known", true), `${nested}\n${image}\n`);
    assert.equal(await clean("new", false), "");
  });

  it("is completed after a crash, and does not change when it is complete", async () => {
    const dataDir = folder();
    const job = new JobFolder(dataDir, "job");
    await createJobFolder(job, run(dataDir), { path: "base" });
    rmSync(job.jobFile);
    await createJobFolder(job, run(dataDir), { path: "second" });
    await createJobFolder(job, run(dataDir), { path: "third" });
    assert.equal(JSON.parse(readFileSync(job.jobFile, "utf8")).base.path, "second");
  });

  it("does not replace a file with a truncated one when the disk is full", function () {
    const disk = folder();
    const path = join(disk, "job.json");
    const wrapper = onSmallDisk(disk, "16k") ?? this.skip();
    const script =
      `const { writeAtomically } = require(${JSON.stringify(JSON_FILE)});` +
      `writeAtomically(${JSON.stringify(path)}, "old").then(() =>` +
      `  writeAtomically(${JSON.stringify(path)}, "x".repeat(65536)).catch(({ code }) =>` +
      `    console.log(code, require("node:fs").readFileSync(${JSON.stringify(path)}, "utf8"))));`;
    const [program = "", ...args] = [...wrapper, process.execPath, "-e", script];
    const { stdout, stderr } = spawnSync(program, args, { encoding: "utf8" });
    assert.equal(stdout, "ENOSPC old\n", stderr);
    // The small disk is mounted only for the child process.
    assert.ok(!existsSync(path));
  });
});
