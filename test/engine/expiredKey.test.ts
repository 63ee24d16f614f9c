import assert from "node:assert/strict";
import { describeWithEngine } from "../support/engine";
import type { Fault } from "../support/faults";
import { Remote } from "../support/remote";
import { fails, succeeds } from "../support/results";
import { sample } from "../support/samples";

const program = `
import { FineTuningJob } from "pulumi-mistral";
const job = new FineTuningJob("bot", {
  model: "open-mistral-7b",
  trainingFiles: ["train.jsonl"],
  hyperparameters: { trainingSteps: 200 },
  pollInterval: 1,
});
export const { jobId, status } = job;
`;

const refused: Fault = {
  kind: "answer",
  status: 401,
  headers: { "content-type": "application/json", "x-request-id": "test-request" },
  body: JSON.stringify({ object: "error", message: "Unauthorized", type: "invalid_request_error", code: 401 }),
};

describeWithEngine("an API key that expires while `up` waits", (engine) => {
  it("makes `up` fail with instructions for the user; a second `up` with a valid key finishes the same job", async () => {
    // The training takes 400 simulated seconds, 10 real ones.
    const server = await engine.server({ speed: 40, args: ["--api-key", "sk-expiring", "--api-key", "sk-good"] });
    const remote = new Remote(server.url, "sk-good");
    const proxy = await engine.proxy(server.url);
    const stack = await engine.stack({
      files: { "index.ts": program, "train.jsonl": sample("What?") },
      config: { "mistral:baseUrl": proxy.url(), "mistral:apiKey": { secret: "sk-expiring" } },
    });
    const up = stack.spawn("up", "--yes", "--skip-preview");
    await up.waitFor(/RUNNING: step \d+ of 200/);
    proxy.route("", ({ headers }) => (headers.authorization === "Bearer sk-expiring" ? refused : { kind: "none" }));
    const output = await fails(up.result, /401[\s\S]*was not cancelled and its ID is in the state: run `pulumi up`/);
    assert.match(output, /mistral:apiKey/);
    const [job] = await remote.jobs();
    const resource = await stack.resource("bot");
    assert.equal(resource?.id, job?.id);
    assert.equal(resource?.initErrors?.length, 1);

    // Still without a valid key: no ID is lost, and no job is created.
    await fails(stack.up(), /401[\s\S]*was not cancelled and its ID is in the state/);
    assert.equal((await stack.resource("bot"))?.id, job?.id);

    await stack.config("mistral:apiKey", "sk-good", { secret: true });
    await succeeds(stack.up());
    assert.deepEqual(await stack.outputs(), { jobId: job?.id, status: "SUCCESS" });
    assert.equal((await remote.jobs()).length, 1);
  });
});
