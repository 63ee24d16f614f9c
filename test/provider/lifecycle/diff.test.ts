import assert from "node:assert/strict";
import { check, type RawInputs } from "../../../provider/src/lifecycle/check";
import { diff } from "../../../provider/src/lifecycle/diff";
import { TestHost, urnOf } from "../../support/host";

const ID = "8c2a7a54-93a6-4a52-9bd5-0d1f0c6d2a11";

describe("diff", () => {
  const file = (letter: string, path = "train.jsonl") => ({ path, sha256: letter.repeat(64), bytes: 1 });
  const declared: RawInputs = {
    model: "open-mistral-7b",
    trainingFiles: [file("a")],
    hyperparameters: { trainingSteps: 10 },
    __urn: urnOf("bot"),
  };

  const state = async (status: string, inputs = declared) => ({
    ...(await check({}, inputs, new TestHost())).inputs,
    jobId: ID,
    status,
    ...(status === "SUCCESS" && { fineTunedModel: "ft:open-mistral-7b:bot:20261121:00000000" }),
  });
  const compare = async (olds: RawInputs, news: RawInputs) =>
    diff(ID, olds, (await check(olds, news, new TestHost())).inputs, new TestHost());

  it("shows no change for a job that has succeeded", async () => {
    assert.deepEqual(await compare(await state("SUCCESS"), declared), { changes: false, replaces: [] });
  });

  const replacing: [string, RawInputs][] = [
    ["model", { model: "open-mistral-nemo" }],
    ["trainingFiles", { trainingFiles: [file("b")] }],
    ["hyperparameters", { hyperparameters: { trainingSteps: 11 } }],
    ["validationFiles", { validationFiles: [file("c")] }],
    ["triggers", { triggers: ["again"] }],
    ["suffix", { suffix: "mine" }],
    ["adopt", { adopt: "another" }],
    ["invalidSampleSkipPercentage", { invalidSampleSkipPercentage: 0.1 }],
    ["repositories", { repositories: [{ type: "github", owner: "o", name: "n", token: "t" }] }],
  ];
  for (const [name, change] of replacing) {
    it(`replaces the job when ${name} changes`, async () => {
      const result = await compare(await state("SUCCESS"), { ...declared, ...change });
      assert.deepEqual(result, { changes: true, replaces: [name] });
    });
  }

  const inPlace: RawInputs[] = [
    { modelName: "n" },
    { modelDescription: "d" },
    { modelDeletionPolicy: "delete" },
    { connection: { apiKey: "k" } },
  ];
  for (const change of inPlace) {
    it(`updates in place when ${Object.keys(change)} changes`, async () => {
      const result = await compare(await state("SUCCESS"), { ...declared, ...change });
      assert.deepEqual(result, { changes: true, replaces: [] });
    });
  }

  const nothing: RawInputs[] = [
    { pollInterval: 3 },
    { waitForCompletion: false },
    { maxCost: 1 },
    { autoStart: false },
    { adopt: ID },
    { trainingFiles: [file("a", "moved/train.jsonl")] },
  ];
  for (const change of nothing) {
    it(`shows no change for ${JSON.stringify(change)} on a finished job`, async () => {
      const result = await compare(await state("SUCCESS"), { ...declared, ...change });
      assert.deepEqual(result, { changes: false, replaces: [] });
    });
  }

  it("treats an empty list or object as unset", async () => {
    const empty = { validationFiles: [], repositories: [], integrations: [], triggers: [], classifierTargets: [] };
    assert.equal((await compare(await state("SUCCESS"), { ...declared, ...empty })).changes, false);
    const bare = { ...declared, hyperparameters: undefined };
    assert.equal((await compare(await state("SUCCESS", bare), { ...declared, hyperparameters: {} })).changes, false);
  });

  it("shows no change when jobType is set to its default", async () => {
    assert.equal((await compare(await state("SUCCESS"), { ...declared, jobType: "completion" })).changes, false);
  });

  it("updates an unfinished job, also in an unknown status", async () => {
    for (const status of ["QUEUED", "VALIDATING", "VALIDATED", "RUNNING", "CANCELLATION_REQUESTED", "PAUSED"]) {
      assert.deepEqual(await compare(await state(status), declared), { changes: true, replaces: [] }, status);
    }
  });

  it("shows no change for a validated job with autoStart false, and starts it with autoStart true", async () => {
    const held = { ...declared, autoStart: false };
    assert.equal((await compare(await state("VALIDATED", held), held)).changes, false);
    assert.equal((await compare(await state("VALIDATED", held), declared)).changes, true);
  });

  it("keeps failing for a failed job until its inputs change", async () => {
    for (const status of ["FAILED", "FAILED_VALIDATION", "CANCELLED"]) {
      assert.deepEqual(await compare(await state(status), declared), { changes: true, replaces: [] }, status);
      const again = await compare(await state(status), { ...declared, triggers: [1] });
      assert.deepEqual(again, { changes: true, replaces: ["triggers"] });
    }
  });

  it("does not replace when only a credential or a run name changes", async () => {
    const wandb = (more: RawInputs) => ({
      integrations: [{ type: "wandb", project: "p", apiKey: "k".repeat(40), ...more }],
    });
    const github = (token: string) => ({ repositories: [{ type: "github", owner: "o", name: "n", token }] });
    const olds = await state("SUCCESS", { ...declared, ...wandb({}), ...github("a") });
    const result = await compare(olds, {
      ...declared,
      ...wandb({ apiKey: "j".repeat(40), name: "n" }),
      ...github("b"),
    });
    assert.deepEqual(result, { changes: false, replaces: [] });
  });
});
