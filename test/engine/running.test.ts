import assert from "node:assert/strict";
import { MistralClient } from "../../provider/src/client";
import { describeWithEngine } from "../support/engine";
import { sample } from "../support/samples";
import { sequence } from "../support/sequence";
import type { Stack } from "../support/stack";

const program = (more = "", learningRate = 1e-4) => `
import { FineTuningJob } from "pulumi-mistral";
const job = new FineTuningJob("bot", {
  model: "open-mistral-7b",
  trainingFiles: ["train.jsonl"],
  hyperparameters: { trainingSteps: 400, learningRate: ${learningRate} },
  ${more}
});
export const { jobId, status } = job;
`;

describeWithEngine("a job that is still running", (engine) => {
  const step = sequence();
  let stack: Stack;
  let client: MistralClient;

  before(async () => {
    // The training takes 800 simulated seconds, 20 real ones.
    const server = await engine.server({ speed: 40 });
    client = new MistralClient({ baseUrl: server.url });
    stack = await engine.stack({
      files: { "index.ts": program(), "train.jsonl": sample("What?") },
      config: { "mistral:baseUrl": server.url },
    });
  });

  step("keeps running when `up` is interrupted, and its ID is in the state", async () => {
    const up = stack.spawn("up", "--yes", "--skip-preview");
    await up.waitFor(/RUNNING: step \d+ of 400/);
    up.signal("SIGINT");
    const { code, output } = await up.result;
    assert.notEqual(code, 0);
    assert.match(
      output,
      /interrupted; fine-tuning job .* was not cancelled and its ID is in the state: run `pulumi up`/,
    );
    const [job] = (await client.jobs.list()).data;
    assert.equal(job?.status, "RUNNING");
    const { resources = [], pending_operations = [] } = await stack.state();
    const resource = resources.find(({ id }) => id === job?.id);
    assert.equal(resource?.outputs?.status, "RUNNING");
    assert.equal(resource?.initErrors?.length, 1);
    assert.deepEqual(pending_operations, []);
  });

  step("is the job that the next `up` waits for, also after a refresh", async () => {
    assert.equal((await stack.refresh()).code, 0);
    const { code, output } = await stack.up();
    assert.equal(code, 0, output);
    assert.match(output, /1 updated/);
    assert.equal((await stack.outputs()).status, "SUCCESS");
    assert.equal((await client.jobs.list()).total, 1);
  });

  step("is cancelled by a destroy", async () => {
    await stack.write("index.ts", program("triggers: [1], waitForCompletion: false,"));
    assert.equal((await stack.up()).code, 0);
    const { jobId } = await stack.outputs();
    const { code, output } = await stack.destroy();
    assert.equal(code, 0, output);
    assert.equal((await client.jobs.get(jobId as string)).status, "CANCELLED");
  });
});

describeWithEngine("a job that fails", (engine) => {
  const step = sequence();
  let stack: Stack;
  let client: MistralClient;

  before(async () => {
    const server = await engine.server({ speed: 2000 });
    client = new MistralClient({ baseUrl: server.url });
    stack = await engine.stack({
      files: { "index.ts": program("", 0.5), "train.jsonl": sample("What?") },
      config: { "mistral:baseUrl": server.url },
    });
  });

  step("keeps failing in `up`, `preview` and `refresh`, and is never retrained automatically", async () => {
    const first = await stack.up();
    assert.notEqual(first.code, 0);
    assert.match(first.output, /has ended as FAILED[\s\S]*correct the inputs or the data, or change `triggers`/);
    assert.equal((await stack.refresh()).code, 0);
    assert.match((await stack.preview()).output, /FineTuningJob bot update/);
    const second = await stack.up();
    assert.notEqual(second.code, 0);
    assert.match(second.output, /has ended as FAILED/);
    assert.equal((await client.jobs.list()).total, 1);
  });

  step("is replaced once its inputs are corrected", async () => {
    await stack.write("index.ts", program());
    const { code, output } = await stack.up();
    assert.equal(code, 0, output);
    assert.equal((await stack.outputs()).status, "SUCCESS");
  });

  step("is destroyed although there is no model", async () => {
    const { code, output } = await stack.destroy();
    assert.equal(code, 0, output);
  });
});

describeWithEngine("a CLI that is killed", (engine) => {
  it("leaves no polling process, and the next `up` adopts the job", async () => {
    const server = await engine.server({ speed: 40 });
    const client = new MistralClient({ baseUrl: server.url });
    const stack = await engine.stack({
      files: { "index.ts": program(), "train.jsonl": sample("What?") },
      config: { "mistral:baseUrl": server.url },
    });
    const up = stack.spawn("up", "--yes", "--skip-preview");
    await up.waitFor(/RUNNING: step \d+ of 400/);
    up.signal("SIGKILL");
    await up.result;
    await stack.hostEnds(20_000);
    stack.endProcesses();
    assert.equal((await client.jobs.list()).data[0]?.status, "RUNNING");

    await stack.cmd("cancel", "--yes");
    const { code, output } = await stack.up();
    assert.equal(code, 0, output);
    assert.match(output, /adopted existing fine-tuning job/);
    assert.equal((await client.jobs.list()).total, 1);
    assert.equal((await stack.outputs()).status, "SUCCESS");
  });
});
