import assert from "node:assert/strict";
import { describeWithEngine } from "../support/engine";
import { Remote } from "../support/remote";
import { fails, succeeds } from "../support/results";
import { sample } from "../support/samples";

const program = `
import { FineTuningJob } from "pulumi-mistral";
const job = new FineTuningJob("bot", {
  model: "open-mistral-7b",
  trainingFiles: ["train.jsonl"],
  hyperparameters: { trainingSteps: 1_000_000 },
  waitForCompletion: false,
});
export const { jobId } = job;
`;

describeWithEngine("a destroy that is interrupted", (engine) => {
  it("tells the user what to do and keeps the job in the state; a second destroy removes the job", async () => {
    const { url } = await engine.server({ speed: 2000 });
    const remote = new Remote(url);
    const proxy = await engine.proxy(url);
    const stack = await engine.stack({
      files: { "index.ts": program, "train.jsonl": sample("What?") },
      config: { "mistral:baseUrl": proxy.url() },
    });
    await succeeds(stack.up());
    const { jobId } = await stack.outputs();

    // Simulates a job that takes long to cancel: the server's replies after the cancellation never arrive.
    let asked = () => {};
    const waiting = new Promise<void>((resolve) => {
      asked = resolve;
    });
    let cancelled = false;
    proxy.route("", ({ method, url }) => {
      if (cancelled && method === "GET") {
        asked();
        return { kind: "silence" };
      }
      cancelled ||= url.endsWith("/cancel");
      return { kind: "none" };
    });
    const destroy = stack.spawn("destroy", "--yes", "--skip-preview");
    await Promise.race([waiting, destroy.result]);
    destroy.signal("SIGINT");
    await fails(destroy.result, /interrupted while cancelling fine-tuning job \S+: run the command again/);
    const { resources = [] } = await stack.state();
    assert.ok(resources.some(({ id }) => id === jobId));

    proxy.route("");
    await succeeds(stack.destroy());
    assert.deepEqual((await stack.state()).resources ?? [], []);
    assert.equal(await remote.statusOf(jobId), "CANCELLED");
  });
});
