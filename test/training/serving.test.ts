import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { execa } from "execa";
import { parse } from "yaml";
import { recipeFile, recipePython } from "../../server/src/trainers/recipe/recipe";
import { isVllmInstalled, vllmVersion } from "../../tools/testing/vllm";
import { skipUnlessCi } from "../support/ci";
import { describeWithEngine } from "../support/engine";
import { succeeds } from "../support/results";
import { sequence } from "../support/sequence";
import type { Stack } from "../support/stack";
import { TRAINING_ENV, TRAINING_TIMEOUT_MS } from "./trainings";
import { Vllm } from "./vllm";

const examples = resolve(__dirname, "../../examples");
const train = join(examples, "self-hosted/train.jsonl");

/** The conversations of the training data: the messages before the answer, and the answer. */
const conversations = readFileSync(train, "utf8")
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line).messages as { role: string; content: string }[])
  .map((messages) => ({ prompt: messages.slice(0, -1), answer: messages.at(-1)?.content }));

/** A service of the compose file. */
interface Service {
  image: string;
  entrypoint: string[];
  command: string[];
  environment: Record<string, string>;
}

describeWithEngine("a trained adapter, served by vLLM as examples/deploy-vllm renders it", (engine) => {
  const step = sequence();
  let folder: string;
  let training: Stack;
  let model: string;
  let services: { adapter: Service; vllm: Service };
  let vllm: Vllm | undefined;

  before("make a tiny model", async function () {
    this.timeout(5 * 60_000);
    if (!isVllmInstalled()) skipUnlessCi(this, "vLLM is not installed; `npm run test:training` installs it");
    folder = await mkdtemp(join(tmpdir(), "serving-"));
    // The model has no chat template, so vLLM can only chat with the adapter's template.
    const tiny = [recipeFile("make_tiny_model.py"), join(folder, "tiny"), train, "--template", "none"];
    await execa(recipePython(), tiny, { env: TRAINING_ENV });
  });
  after(async () => {
    await vllm?.stop();
    if (folder) await rm(folder, { recursive: true, force: true });
  });

  step("`pulumi up` trains the adapter", async function () {
    this.timeout(10 * 60_000);
    const models = join(folder, "models.yaml");
    // A rank above vLLM's default maximum of 16, and not one of the values that vLLM accepts as a maximum.
    await writeFile(models, "models:\n  tiny: { path: ./tiny, lora: { r: 24 } }\n");
    Object.assign(process.env, TRAINING_ENV);
    const { url } = await engine.server({ args: ["--trainer", "process", "--models", models] });
    training = await engine.stack({
      program: join(examples, "self-hosted"),
      project: "self-hosted",
      env: { MISTRAL_BASE_URL: url },
      config: { model: "tiny" },
      commandTimeoutMs: TRAINING_TIMEOUT_MS,
    });
    await succeeds(training.up());
    model = String((await training.outputs()).fineTunedModel);
  });

  step("`pulumi up` of deploy-vllm renders an image of the vLLM version that runs in this test", async () => {
    const deployment = await engine.stack({
      program: join(examples, "deploy-vllm"),
      project: "deploy-vllm",
      beside: training,
      config: { training: training.reference, baseModel: join(folder, "tiny") },
    });
    await succeeds(deployment.up());
    ({ services } = parse(String((await deployment.outputs()).compose)));
    assert.equal(services.vllm.image, `vllm/vllm-openai:v${vllmVersion}`);
  });

  step("the service `adapter` downloads the adapter, and the service `vllm` starts", async function () {
    this.timeout(7 * 60_000);
    const { ARTIFACT_URL = "" } = services.adapter.environment;
    const [shell = "", ...script] = commandLine(services.adapter);
    await execa(shell, script, { env: { ARTIFACT_URL } });
    vllm = await Vllm.start(commandLine(services.vllm));
    assert.deepEqual((await vllm.models()).sort(), [join(folder, "tiny"), model].sort());
  });

  step("the model's ID gives the trained answers, and the base model gives none of them", async () => {
    const [trained, base] = [await answersOf(model), await answersOf(join(folder, "tiny"))];
    console.log(`      ${conversations[0]?.prompt.at(-1)?.content}`);
    console.log(`      base model: ${JSON.stringify(base[0])}`);
    console.log(`      ${model}: ${JSON.stringify(trained[0])}`);
    console.log(
      `      correct answers of ${conversations.length}: base model ${correct(base)}, ${model} ${correct(trained)}`,
    );
    assert.ok(correct(trained) >= 0.9 * conversations.length);
    assert.equal(correct(base), 0);
  });

  step("vLLM ends with SIGTERM and leaves no process behind", async () => {
    assert.deepEqual(await vllm?.stop(), []);
  });

  /** The command line of a service, as Docker Compose runs it: `$$` is a dollar sign. The volume is a folder of this test. */
  function commandLine({ entrypoint, command }: Service): string[] {
    return [...entrypoint, ...command].map((text) =>
      text.replaceAll("$$", "$").replaceAll("/adapters/", `${folder}/adapters/`),
    );
  }

  async function answersOf(name: string): Promise<string[]> {
    const answers = conversations.map(async ({ prompt }) => ((await vllm?.chat(name, prompt)) ?? "").trim());
    return Promise.all(answers);
  }

  function correct(answers: readonly string[]): number {
    return conversations.filter(({ answer }, index) => answers[index] === answer).length;
  }
});
