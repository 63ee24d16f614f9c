import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { execa } from "execa";
import { parse } from "yaml";
import { describeWithEngine } from "../support/engine";
import { Remote } from "../support/remote";
import { succeeds } from "../support/results";
import { sequence } from "../support/sequence";
import type { Stack } from "../support/stack";

const examples = resolve(__dirname, "../../examples");
const read = (file: string) => readFile(join(examples, file), "utf8");

interface Trial {
  hyperparameters: Record<string, number>;
  fineTunedModel: string;
  validLoss: number;
}

describeWithEngine("examples/sweep and examples/deployment", (engine) => {
  const step = sequence();
  let url: string;
  let sweep: Stack;
  let deployment: Stack;
  let first: string;

  const trials = async () => (await sweep.outputs()).trials as Trial[];

  step("the sweep trains four jobs, and its output is the best by validation loss", async () => {
    ({ url } = await engine.server({ speed: 5000 }));
    sweep = await engine.stack({
      program: join(examples, "sweep"),
      project: "sweep",
      files: {
        "../quickstart/train.jsonl": await read("quickstart/train.jsonl"),
        "../quickstart/valid.jsonl": await read("quickstart/valid.jsonl"),
      },
      config: { "mistral:baseUrl": url },
    });
    await succeeds(sweep.up());

    const { client } = new Remote(url);
    const jobs = await new Remote(url).jobs();
    const details = await Promise.all(jobs.map(({ id }) => client.jobs.get(id)));
    const losses = details.map(({ fine_tuned_model, checkpoints = [] }) => {
      const steps = [...checkpoints].sort((a, b) => a.step_number - b.step_number);
      return { fineTunedModel: fine_tuned_model, validLoss: steps.at(-1)?.metrics.valid_loss ?? Number.NaN };
    });
    losses.sort((a, b) => a.validLoss - b.validLoss);
    const all = await trials();
    assert.equal(jobs.length, 4);
    const tried = all.map(({ hyperparameters }) => JSON.stringify(hyperparameters)).sort();
    const grid = [1e-4, 3e-4].flatMap((learningRate) =>
      [20, 40].map((trainingSteps) => ({ learningRate, trainingSteps })),
    );
    assert.deepEqual(tried, grid.map((each) => JSON.stringify(each)).sort());
    assert.deepEqual(
      all.map(({ fineTunedModel, validLoss }) => ({ fineTunedModel, validLoss })),
      losses,
    );

    const { best, fineTunedModel } = await sweep.outputs();
    assert.deepEqual(best, all[0]);
    assert.equal(fineTunedModel, losses[0]?.fineTunedModel);
    first = String(fineTunedModel);
  });

  step("the deployment renders the model's ID as a ConfigMap and an env file", async () => {
    deployment = await engine.stack({
      program: join(examples, "deployment"),
      project: "deployment",
      beside: sweep,
      config: { training: sweep.reference, apiUrl: "https://models.example.com" },
    });
    await succeeds(deployment.up());
    const { manifest, environment, model } = await deployment.outputs();
    const { kind, data, metadata } = parse(String(manifest));
    assert.equal(model, first);
    assert.equal(kind, "ConfigMap");
    assert.deepEqual(data, { MISTRAL_MODEL: first, MISTRAL_API_URL: "https://models.example.com" });
    assert.match(metadata.name, /^mistral-model-[0-9a-f]{8}$/);
    assert.equal(environment, `MISTRAL_MODEL=${first}\nMISTRAL_API_URL=https://models.example.com\n`);
  });

  step("another grid leaves the deployed model on the server until the deployment uses the new one", async () => {
    const program = await read("sweep/index.ts");
    const changed = program.replace("trainingSteps: [20, 40]", "trainingSteps: [30, 50]");
    assert.notEqual(changed, program);
    await sweep.write("index.ts", changed);
    await succeeds(sweep.up());
    assert.notEqual((await sweep.outputs()).fineTunedModel, first);
    assert.equal((await deployment.outputs()).model, first);
    assert.equal(await new Remote(url).modelStatus(first), "active");

    await succeeds(deployment.up());
    const { model, environment } = await deployment.outputs();
    assert.equal(model, (await sweep.outputs()).fineTunedModel);
    assert.match(String(environment), new RegExp(`^MISTRAL_MODEL=${model}\n`));
    assert.equal(await new Remote(url).modelStatus(first), "active");
  });

  step("the last command in the deployment's README deletes the old model, and keeps the deployed one", async () => {
    const [command] = /(?<=^ *\$ )curl .*$/m.exec(await read("deployment/README.md")) ?? [];
    assert.ok(command);
    const env = { OLD: first, MISTRAL_BASE_URL: url, MISTRAL_API_KEY: "any" };
    await execa("bash", ["-c", command], { env });
    assert.equal(await new Remote(url).modelStatus(first), "deleted");
    assert.equal(await new Remote(url).modelStatus((await deployment.outputs()).model), "active");
  });
});
