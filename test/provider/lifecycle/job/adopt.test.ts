import assert from "node:assert/strict";
import type { RawInputs } from "../../../../provider/src/lifecycle/check";
import { LifecycleHarness } from "../../../support/lifecycle";
import { ASSET, sample } from "../../../support/samples";

describe("adopt", () => {
  let harness: LifecycleHarness;
  let foreign: string;
  before(async () => {
    harness = await LifecycleHarness.create();
    const { id: file_id } = await harness.client.files.upload({ name: "theirs.jsonl", content: sample("What?") });
    const { id } = await harness.client.jobs.create({
      model: "open-mistral-7b",
      training_files: [{ file_id }],
      hyperparameters: { training_steps: 20, learning_rate: 0.0002 },
      suffix: "theirs",
      auto_start: true,
    });
    foreign = id;
  });
  after(() => harness.end());

  it("adopts a job that was created elsewhere, with its suffix, and waits for it", async () => {
    const { id, outputs } = await harness.create("ours", { adopt: foreign });
    assert.deepEqual([id, outputs.status, outputs.suffix], [foreign, "SUCCESS", "theirs"]);
    assert.equal((await harness.jobs()).length, 1);
  });

  it("unarchives the model", async () => {
    const { outputs } = await harness.create("back", { adopt: foreign });
    await harness.client.models.archive(outputs.fineTunedModel as string);
    await harness.create("back", { adopt: foreign });
    assert.equal((await harness.client.models.get(outputs.fineTunedModel as string)).archived, false);
  });

  const differing: [string, RawInputs, RegExp][] = [
    [
      "the model",
      { model: "open-mistral-nemo" },
      /model is declared as "open-mistral-nemo", the job has "open-mistral-7b"/,
    ],
    [
      "two hyperparameters",
      { hyperparameters: { trainingSteps: 21, learningRate: 0.0001 } },
      /hyperparameters\.trainingSteps is declared as 21, the job has 20; hyperparameters\.learningRate is declared as 0\.0001, the job has 0\.0002/,
    ],
    ["an explicit suffix", { suffix: "ours" }, /suffix is declared as "ours", the job has "theirs"/],
    [
      "the kind of job",
      {
        jobType: "classifier",
        classifierTargets: [{ name: "a", labels: ["b"] }],
        trainingFiles: [{ ...ASSET, text: '{"text":"x","labels":{"a":"b"}}' }],
      },
      /jobType is declared as "classifier", the job has "completion"/,
    ],
  ];
  for (const [what, inputs, message] of differing) {
    it(`rejects a job that differs in ${what}, and does not change it`, async () => {
      await assert.rejects(harness.create("differs", { adopt: foreign, ...inputs }), (error: Error) => {
        assert.match(error.message, new RegExp(`^adopt: fine-tuning job ${foreign} does not match the inputs`));
        assert.match(error.message, message);
        return true;
      });
      assert.equal((await harness.jobs()).length, 1);
    });
  }

  it("names the files that differ", async () => {
    const other = await harness.file("other.jsonl", sample("Something else altogether?"));
    await assert.rejects(
      harness.create("file", { adopt: foreign, trainingFiles: [other] }),
      /trainingFiles\[0\] is not the job's/,
    );
    const two = [await harness.file("train.jsonl", sample("What?")), other];
    await assert.rejects(
      harness.create("files", { adopt: foreign, trainingFiles: two }),
      /trainingFiles has 2 elements, the job has 1 files/,
    );
  });

  it("rejects a job whose model was deleted", async () => {
    const job = await harness.client.jobs.get(foreign);
    await harness.client.models.delete(job.fine_tuned_model as string);
    await assert.rejects(harness.create("gone", { adopt: foreign }), /adopt: the model ft:.* of this job was deleted/);
  });
});
