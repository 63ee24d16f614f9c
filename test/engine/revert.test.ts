import assert from "node:assert/strict";
import { describeWithEngine } from "../support/engine";
import { Remote } from "../support/remote";
import { succeeds } from "../support/results";
import { sample } from "../support/samples";
import type { Stack } from "../support/stack";

const program = (policy: string, steps: number) => `
import { FineTuningJob } from "pulumi-mistral";
const job = new FineTuningJob("bot", {
  model: "open-mistral-7b",
  trainingFiles: ["train.jsonl"],
  hyperparameters: { trainingSteps: ${steps} },
  modelDeletionPolicy: "${policy}",
});
export const { jobId, fineTunedModel } = job;
`;

describeWithEngine("reverting to earlier inputs", (engine) => {
  /** Trains inputs A, then inputs B, on a new server and a new stack. */
  async function trainTwice(policy: string) {
    const { url } = await engine.server({ speed: 2000 });
    const stack = await engine.stack({
      files: { "index.ts": program(policy, 20), "train.jsonl": sample("What?") },
      config: { "mistral:baseUrl": url },
    });
    await succeeds(stack.up());
    const first = await stack.outputs();
    await declare(stack, policy, 30);
    await succeeds(stack.up());
    const second = await stack.outputs();
    assert.notEqual(second.fineTunedModel, first.fineTunedModel);
    return { stack, remote: new Remote(url), first, second };
  }

  const declare = (stack: Stack, policy: string, steps: number) => stack.write("index.ts", program(policy, steps));

  for (const policy of ["retain", "archive"]) {
    it(`restores the previous job and model without training when the policy is ${policy}`, async () => {
      const { stack, remote, first, second } = await trainTwice(policy);

      await declare(stack, policy, 20);
      await succeeds(stack.up());

      assert.deepEqual(await stack.outputs(), first);
      assert.equal(await remote.modelStatus(first.fineTunedModel), "active");
      const jobIds = (await remote.jobs()).map(({ id }) => id).sort();
      assert.deepEqual(jobIds, [first.jobId, second.jobId].sort());
      await succeeds(stack.up("--expect-no-changes"));
    });
  }

  it("retrains when the policy is delete", async () => {
    const { stack, remote, first } = await trainTwice("delete");
    assert.equal(await remote.modelStatus(first.fineTunedModel), "deleted");

    await declare(stack, "delete", 20);
    await succeeds(stack.up());

    assert.notEqual((await stack.outputs()).fineTunedModel, first.fineTunedModel);
    assert.equal((await remote.jobs()).length, 3);
  });
});
