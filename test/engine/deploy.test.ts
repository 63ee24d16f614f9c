import assert from "node:assert/strict";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { execa } from "execa";
import { parse, parseAllDocuments } from "yaml";
import { describeWithEngine } from "../support/engine";
import { succeeds } from "../support/results";
import { sequence } from "../support/sequence";
import type { Stack } from "../support/stack";

const examples = resolve(__dirname, "../../examples");
const recipe = resolve(__dirname, "../server/recipes/fake.js");

describeWithEngine("the examples for a self-hosted server", (engine) => {
  const step = sequence();
  let folder: string;
  let training: Stack;
  let deployment: Stack;
  let model: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "deploy-"));
    const models = join(folder, "models.json");
    await writeFile(models, JSON.stringify({ models: { tiny: { path: "./tiny" } } }));
    const args = ["--trainer", "process", "--models", models, "--recipe", `'${process.execPath}' '${recipe}'`];
    const { url } = await engine.server({ args });
    training = await engine.stack({
      program: join(examples, "self-hosted"),
      project: "self-hosted",
      env: { MISTRAL_BASE_URL: url },
      config: { model: "tiny" },
    });
  });
  after(() => rm(folder, { recursive: true }));

  step("self-hosted trains with the server's training program, and outputs the adapter's URL", async () => {
    await succeeds(training.up());
    const { fineTunedModel, artifactUrl, simulated } = await training.outputs();
    model = String(fineTunedModel);
    assert.match(model, /^ft:tiny:opening-ho-/);
    assert.match(String(artifactUrl), /^http:\/\/127\.0\.0\.1:.*\/artifact$/);
    assert.equal(simulated, false);
  });

  step(
    "deploy-vllm takes the outputs of that stack, and renders what serves the adapter under the model's ID",
    async () => {
      deployment = await engine.stack({
        program: join(examples, "deploy-vllm"),
        project: "deploy-vllm",
        beside: training,
        config: { training: training.reference },
      });
      await succeeds(deployment.up());
      const { compose, kubernetes } = await deployment.outputs();
      const { services } = parse(String(compose));
      const modules = ["--lora-modules", `${model}=/adapters/current`];
      assert.deepEqual(services.vllm.command.slice(-2), modules);
      const [workload, service] = parseAllDocuments(String(kubernetes)).map((document) => document.toJS());
      const { containers, initContainers } = workload.spec.template.spec;
      assert.deepEqual([workload.kind, service.kind], ["Deployment", "Service"]);
      assert.deepEqual(containers[0].args.slice(-2), modules);
      assert.equal(initContainers[0].env[0].value, services.adapter.environment.ARTIFACT_URL);
    },
  );

  step("the script in both examples downloads the same adapter that the server has", async () => {
    const { kubernetes } = await deployment.outputs();
    const [workload] = parseAllDocuments(String(kubernetes)).map((document) => document.toJS());
    const { command, env } = workload.spec.template.spec.initContainers[0];
    const [shell, flag, script] = command;
    const target = join(folder, "adapters");
    await execa(shell, [flag, script.replaceAll("/adapters", target)], { env: { ARTIFACT_URL: env[0].value } });
    assert.ok((await readdir(join(target, "current"))).includes("adapter_config.json"));
  });
});
