import assert from "node:assert/strict";
import { check, type RawInputs } from "../../../provider/src/lifecycle/check";
import { changedProperties, diff } from "../../../provider/src/lifecycle/diff";
import { importJob } from "../../../provider/src/lifecycle/importJob";
import { TestHost, urnOf } from "../../support/host";
import { LifecycleHarness } from "../../support/lifecycle";
import { sample } from "../../support/samples";

const NAME = "job";
const owner = { organization: "organization", urn: urnOf(NAME) };

describe("importJob", () => {
  let harness: LifecycleHarness;
  before(async () => {
    harness = await LifecycleHarness.create();
  });
  after(() => harness.end());

  /** Creates a job as another program does. */
  async function foreignJob(more: Record<string, unknown> = {}): Promise<string> {
    const file = await harness.client.files.upload({ name: "data.jsonl", content: sample("What?") });
    const { id } = await harness.client.jobs.create({
      model: "open-mistral-7b",
      training_files: [{ file_id: file.id }],
      hyperparameters: { training_steps: 20 },
      suffix: "foreign",
      auto_start: true,
      ...more,
    });
    return id;
  }

  const imported = async (id: string, host = harness.host()) => {
    const found = await importJob(id, owner, host, { hashFiles: true });
    assert.ok(found);
    return found;
  };

  /** Checks what a program declares after an import: the printed inputs, without internal ones. */
  async function declare(inputs: RawInputs, more: RawInputs = {}) {
    const printed = Object.fromEntries(Object.entries(inputs).filter(([name]) => !name.startsWith("__")));
    const news = { ...printed, ...more, __urn: owner.urn, __organization: owner.organization };
    return check(inputs, news, harness.host());
  }

  it("returns inputs whose diff is empty, for a finished job", async () => {
    const id = await foreignJob();
    await harness.client.jobs.waitUntilComplete(id, { pollIntervalMs: 20 });
    const { inputs, outputs } = await imported(id);
    assert.equal(outputs.status, "SUCCESS");
    const checked = await declare(inputs);
    assert.deepEqual(checked.problems, []);
    assert.deepEqual(diff(id, outputs, checked.inputs, harness.host()), { changes: false, replaces: [] });
    assert.deepEqual(changedProperties(id, outputs, checked.inputs), []);
  });

  it("takes a path of the same content for a file's ID, and retrains for other content", async () => {
    const id = await foreignJob();
    await harness.client.jobs.waitUntilComplete(id, { pollIntervalMs: 20 });
    const { inputs, outputs } = await imported(id);
    const same = await declare(inputs, { trainingFiles: [await harness.file("same.jsonl", sample("What?"))] });
    assert.deepEqual(diff(id, outputs, same.inputs, harness.host()).replaces, []);
    assert.equal(same.inputs.__identity, inputs.__identity);
    const other = await declare(inputs, { trainingFiles: [await harness.file("other.jsonl", sample("Who?"))] });
    assert.deepEqual(diff(id, outputs, other.inputs, harness.host()).replaces, ["trainingFiles"]);
  });

  it("does not start a job that waits to be started", async () => {
    const id = await foreignJob({ auto_start: false });
    const { inputs } = await imported(id);
    assert.equal(inputs.autoStart, false);
  });

  it("accepts missing credentials until the job is trained again", async () => {
    const id = await foreignJob({
      integrations: [{ type: "wandb", project: "support", api_key: "0".repeat(40) }],
    });
    const { inputs } = await imported(id);
    assert.deepEqual(inputs.integrations, [{ type: "wandb", project: "support" }]);
    assert.deepEqual((await declare(inputs)).problems, []);
    const filled = [{ type: "wandb", project: "support", apiKey: "1".repeat(40) }];
    const checked = await declare(inputs, { integrations: filled });
    assert.equal(checked.inputs.__identity, inputs.__identity);
    const { problems } = await declare(inputs, { hyperparameters: { trainingSteps: 30 } });
    assert.deepEqual(problems, ["integrations[0].apiKey: is required"]);
  });

  it("knows nothing of a job that does not exist", async () => {
    assert.equal(
      await importJob("00000000-0000-4000-8000-000000000000", owner, new TestHost({ baseUrl: harness.url }), {
        hashFiles: true,
      }),
      undefined,
    );
  });
});
