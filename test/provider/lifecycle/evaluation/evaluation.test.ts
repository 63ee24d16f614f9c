import assert from "node:assert/strict";
import type { MistralClient } from "../../../../provider/src/client";
import { jobRequest } from "../../../../provider/src/inputs/request";
import { supportedInputs } from "../../../../provider/src/lifecycle/connection/extensions";
import { evaluationLine } from "../../../../provider/src/lifecycle/evaluation/text";
import type { Inputs } from "../../../../provider/src/schema/inputs";
import { LifecycleHarness } from "../../../support/lifecycle";

describe("the line about an evaluation", () => {
  it("names the losses and the accuracies of both models", () => {
    const base = { step: 0, valid_loss: 2.31, valid_mean_token_accuracy: 0.41 };
    const tuned = { step: 9, valid_loss: 0.94, valid_mean_token_accuracy: 0.78 };
    const line = "validation loss 2.31 → 0.94, token accuracy 41 % → 78 %";
    assert.equal(evaluationLine({ evaluation: { base, tuned } }), line);
    assert.equal(
      evaluationLine({ evaluation: { base, tuned, simulated: true } }),
      `${line} (made up by the simulator)`,
    );
    const classifier = {
      base: { valid_loss: 1, accuracy: 0.5, f1: 0.3 },
      tuned: { valid_loss: 0.0042, accuracy: 0.92, f1: 0.91 },
    };
    const text = "validation loss 1.00 → 0.0042, accuracy 50 % → 92 %, F1 0.30 → 0.91";
    assert.equal(evaluationLine({ evaluation: classifier }), text);
  });

  it("does not exist without the figures of the fine-tuned model", () => {
    assert.equal(evaluationLine({ evaluation: { base: { valid_loss: 1 } } }), undefined);
    assert.equal(evaluationLine({ evaluation: undefined }), undefined);
  });
});

describe("the inputs that need an extension of the API", () => {
  let harness: LifecycleHarness;
  before(async () => {
    harness = await LifecycleHarness.create();
  });
  after(() => harness.end());

  const noFiles = { training: [], validation: [] };
  const { signal } = new AbortController();

  it("are not sent unless they are set", () => {
    const names = Object.keys(jobRequest({ model: "m" } as Inputs, noFiles));
    assert.ok(!names.includes("keep") && !names.includes("evaluation"));
    const set = jobRequest({ model: "m", keep: "last", evaluationSamples: 3 } as Inputs, noFiles);
    assert.deepEqual([set.keep, set.evaluation], ["last", { samples: 3 }]);
  });

  it("are all supported by a self-hosted server", async () => {
    const inputs = { model: "m", keep: "last", evaluationSamples: 3 } as Inputs;
    assert.deepEqual(await supportedInputs(harness.client, inputs, harness.host(), signal), inputs);
  });

  it("are an error or left out on a server without extensions, before anything is uploaded", async () => {
    const plain = {
      baseUrl: "http://plain.test",
      capabilities: async () => ({ features: {} }),
    } as unknown as MistralClient;
    await assert.rejects(
      supportedInputs(plain, { model: "m", keep: "best" } as Inputs, harness.host(), signal),
      /keep: .*http:\/\/plain\.test cannot choose the checkpoint of a model: remove keep/,
    );
    const supported = await supportedInputs(
      plain,
      { model: "m", evaluationSamples: 3 } as Inputs,
      harness.host(),
      signal,
    );
    assert.deepEqual(supported, { model: "m" });
  });
});
