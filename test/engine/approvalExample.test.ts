import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { describeWithEngine } from "../support/engine";
import { Remote } from "../support/remote";
import { fails, succeeds } from "../support/results";
import { sequence } from "../support/sequence";
import type { Stack } from "../support/stack";

const examples = resolve(__dirname, "../../examples");
const read = (file: string) => readFile(join(examples, file), "utf8");

describeWithEngine("examples/approval and examples/deployment", (engine) => {
  const step = sequence();
  let approval: Stack;
  let deployment: Stack;
  let remote: Remote;
  let deployed: string;

  step("trains, approves and deploys", async () => {
    const { url } = await engine.server({ speed: 5000 });
    remote = new Remote(url);
    approval = await engine.stack({
      program: join(examples, "approval"),
      project: "approval",
      files: {
        "../quickstart/train.jsonl": await read("quickstart/train.jsonl"),
        "../quickstart/valid.jsonl": await read("quickstart/valid.jsonl"),
      },
      config: { "mistral:baseUrl": url },
    });
    const output = await succeeds(approval.up());
    assert.doesNotMatch(output, /warning/);
    deployment = await engine.stack({
      program: join(examples, "deployment"),
      project: "deployment",
      beside: approval,
      config: { training: approval.reference, apiUrl: "https://models.example.com" },
    });
    await succeeds(deployment.up());
    deployed = String((await deployment.outputs()).model);
    assert.equal(deployed, (await approval.outputs()).fineTunedModel);
  });

  step("a worse training fails at the approval, and the deployment keeps its model", async () => {
    await approval.config("approval:learningRate", "0.01");
    await fails(approval.up(), new RegExp(`missed {2}maxValidationLoss[\\s\\S]*The approved model stays ${deployed}`));
    await succeeds(deployment.up());
    assert.equal((await deployment.outputs()).model, deployed);
    assert.equal(await remote.modelStatus(deployed), "active");
  });

  step("keepPrevious deletes the earlier job, and its model stays on the server", async () => {
    await approval.config("approval:onMiss", "keepPrevious");
    assert.match(await succeeds(approval.up()), new RegExp(`model ${deployed} is held by approval production`));
    const { fineTunedModel, approved } = await approval.outputs();
    assert.deepEqual([fineTunedModel, approved], [deployed, false]);
    assert.equal(await remote.modelStatus(deployed), "active");
  });
});
