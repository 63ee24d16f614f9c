import assert from "node:assert/strict";
import { describeWithEngine } from "../support/engine";
import { Remote } from "../support/remote";
import { succeeds } from "../support/results";
import { sample } from "../support/samples";
import { sequence } from "../support/sequence";
import type { Stack } from "../support/stack";

/** Four resources with the same inputs. The last two have the same explicit suffix, which does not identify a job. */
const program = (more = "") => `
import { FineTuningJob } from "pulumi-mistral";
const declared = {
  model: "open-mistral-7b",
  trainingFiles: ["train.jsonl"],
  hyperparameters: { trainingSteps: 20 },
  ${more}
};
const all = [
  new FineTuningJob("one", declared),
  new FineTuningJob("two", declared),
  new FineTuningJob("three", { ...declared, suffix: "shared" }),
  new FineTuningJob("four", { ...declared, suffix: "shared" }),
];
export const jobIds = all.map((job) => job.jobId);
export const models = all.map((job) => job.fineTunedModel);
`;

const NAMES = ["one", "two", "three", "four"];

describeWithEngine("the identity of a job", (engine) => {
  const step = sequence();
  let stack: Stack;
  let remote: Remote;
  let url: string;
  let first: Trained;

  interface Trained {
    jobIds: string[];
    models: string[];
  }
  const trained = async () => (await stack.outputs()) as unknown as Trained;
  const modelStatuses = ({ models }: Trained) => Promise.all(models.map((model) => remote.modelStatus(model)));
  const urns = async () => {
    const { resources = [] } = await stack.state();
    return NAMES.map((name) => resources.find(({ urn }) => urn.endsWith(`FineTuningJob::${name}`))?.urn as string);
  };
  const fileIds = async () => (await remote.files()).map(({ id }) => id).sort();

  before(async () => {
    ({ url } = await engine.server({ speed: 2000 }));
    remote = new Remote(url);
    stack = await engine.stack({
      files: { "index.ts": program(), "train.jsonl": sample("What?") },
      config: { "mistral:baseUrl": url },
    });
  });

  step("is not shared by resources with identical inputs, even with the same suffix", async () => {
    await succeeds(stack.up());
    first = await trained();
    assert.equal(new Set(first.jobIds).size, 4);
    assert.equal(new Set(first.models).size, 4);
    assert.deepEqual((await remote.jobs()).map(({ id }) => id).sort(), [...first.jobIds].sort());
  });

  /** Asserts that the outputs, the server and the state are the same as after the first `up`, without old entries in the state. */
  const nothingTrained = async () => {
    assert.deepEqual(await trained(), first);
    assert.equal((await remote.jobs()).length, 4);
    assert.deepEqual(await modelStatuses(first), ["active", "active", "active", "active"]);
    const { resources = [], pending_operations = [] } = await stack.state();
    assert.equal(resources.filter(({ type }) => type.endsWith(":FineTuningJob")).length, 4);
    assert.deepEqual(pending_operations, []);
  };
  /** Returns the jobs that a command reports as adopted. The CLI prints each message twice: at once and at its end. */
  const takesOver = (output: string) =>
    [
      ...new Set([...output.matchAll(/adopted existing fine-tuning job (\S+) \(SUCCESS\)/g)].map(([, id]) => id)),
    ].sort();

  step("survives `up --replace` and `--target-replace`, with the model and the data", async () => {
    const before = await fileIds();
    const replace = (await urns()).flatMap((urn) => ["--replace", urn]);
    assert.deepEqual(takesOver(await succeeds(stack.up(...replace))), [...first.jobIds].sort());
    await nothingTrained();
    const [one = "", , three = ""] = await urns();
    const output = await succeeds(stack.up("--target-replace", one, "--target-replace", three));
    assert.deepEqual(takesOver(output), [first.jobIds[0], first.jobIds[2]].sort());
    await nothingTrained();
    assert.deepEqual(await fileIds(), before);
    await succeeds(stack.up("--expect-no-changes"));
  });

  step("survives when the resource is tainted", async () => {
    const before = await fileIds();
    for (const urn of await urns()) await succeeds(stack.cmd("state", "taint", "--yes", urn));
    assert.deepEqual(takesOver(await succeeds(stack.up())), [...first.jobIds].sort());
    await nothingTrained();
    assert.deepEqual(await fileIds(), before);
    await succeeds(stack.up("--expect-no-changes"));
  });

  step("changes with `triggers`, and the old models are retained", async () => {
    await stack.write("index.ts", program('triggers: ["again"],'));
    assert.match(await succeeds(stack.preview()), /4 to replace/);
    assert.match(await succeeds(stack.up()), /4 replaced/);
    const second = await trained();
    assert.equal(new Set([...first.jobIds, ...second.jobIds]).size, 8);
    assert.equal((await remote.jobs()).length, 8);
    assert.deepEqual(await modelStatuses(first), ["active", "active", "active", "active"]);
  });

  step("finds the first jobs again when `triggers` is reverted", async () => {
    await stack.write("index.ts", program());
    assert.deepEqual(takesOver(await succeeds(stack.up())), [...first.jobIds].sort());
    assert.deepEqual(await trained(), first);
    assert.equal((await remote.jobs()).length, 8);
  });

  step("finds the retained models again after a destroy", async () => {
    await succeeds(stack.destroy());
    assert.deepEqual((await stack.state()).resources ?? [], []);
    assert.deepEqual(takesOver(await succeeds(stack.up())), [...first.jobIds].sort());
    assert.deepEqual(await trained(), first);
    assert.equal((await remote.jobs()).length, 8);
  });

  step("is not shared by the stacks of one program, even with an explicit suffix", async () => {
    for (const [project, name] of [
      ["test-project", "prod"],
      ["other-project", "dev"],
    ] as const) {
      const beside = await engine.stack({
        beside: stack,
        project,
        name,
        files: { "index.ts": program(), "train.jsonl": sample("What?") },
        config: { "mistral:baseUrl": url },
      });
      const before = (await remote.jobs()).map(({ id }) => id);
      assert.doesNotMatch(await succeeds(beside.up()), /adopted/);
      const { jobIds } = (await beside.outputs()) as unknown as Trained;
      assert.equal(new Set([...before, ...jobIds]).size, before.length + 4);
      await succeeds(beside.destroy());
    }
    assert.deepEqual(await modelStatuses(first), ["active", "active", "active", "active"]);
    await succeeds(stack.up("--expect-no-changes"));
  });
});
