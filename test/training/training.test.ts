import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { execa } from "execa";
import { recipeFile, recipePython } from "../../server/src/trainers/recipe/recipe";
import { describeWithEngine } from "../support/engine";
import { eventually } from "../support/eventually";
import { Remote } from "../support/remote";
import { succeeds } from "../support/results";
import { sequence } from "../support/sequence";
import { TestServer } from "../support/server";
import type { Stack } from "../support/stack";
import { killTraining, progressOf, signalTraining, TRAINING_ENV, TRAINING_TIMEOUT_MS } from "./trainings";

const example = resolve(__dirname, "../../examples/self-hosted");
const train = join(example, "train.jsonl");

/** Runs a Python program in the recipe's environment. Returns the last line that the program printed. */
async function python(program: string, ...args: string[]): Promise<string> {
  const { stdout } = await execa(recipePython(), [program, ...args], { env: TRAINING_ENV });
  return stdout.split("\n").at(-1) as string;
}

interface Checkpoint {
  stepNumber: number;
  trainLoss: number;
  validLoss: number;
  validMeanTokenAccuracy: number;
}

interface Figures {
  validLoss: number;
  validMeanTokenAccuracy: number;
}

describeWithEngine("a real training on a self-hosted server", (engine) => {
  const step = sequence();
  let folder: string;
  let tiny: string;
  let data: string;
  let server: TestServer;
  let stack: Stack;
  let remote: Remote;
  let first: {
    jobId: string;
    fineTunedModel: string;
    artifactUrl: string;
    checkpoints: Checkpoint[];
    simulated: boolean;
    evaluation: { base: Figures; tuned: Figures & { step: number }; kept: string };
  };

  before("make a tiny model and start the server", async function () {
    this.timeout(10 * 60_000);
    folder = await mkdtemp(join(tmpdir(), "training-"));
    tiny = join(folder, "tiny");
    data = join(folder, "data");
    await python(recipeFile("make_tiny_model.py"), tiny, train);
    const models = join(folder, "models.yaml");
    await writeFile(models, "models:\n  tiny: ./tiny\n");
    Object.assign(process.env, TRAINING_ENV);
    server = await TestServer.start({ dataFolder: data, args: ["--trainer", "process", "--models", models] });
    remote = new Remote(server.url);
    stack = await engine.stack({
      program: example,
      env: { MISTRAL_BASE_URL: server.url },
      config: { model: "tiny" },
      commandTimeoutMs: TRAINING_TIMEOUT_MS,
    });
  });
  after(async () => {
    await server.stopAndRemove();
    await rm(folder, { recursive: true, force: true });
  });

  /** Writes the example program with additional inputs for the job. */
  const declare = async (inputs: string) => {
    const program = readFileSync(join(example, "index.ts"), "utf8").replace("  model,\n", `  model,\n  ${inputs}\n`);
    await stack.write("index.ts", `${program}export const { jobId, evaluation } = job;\n`);
  };
  const outputs = async () => (await stack.outputs()) as unknown as typeof first;

  step("reduces the loss to a tenth with `pulumi up`, and the URL of the adapter is an output", async function () {
    this.timeout(15 * 60_000);
    // The best checkpoint answers fewer of the training questions than the last one.
    await declare('evaluationSamples: 2, keep: "last",');
    assert.match(await succeeds(stack.up()), /validation loss \d+\.\d+ → \d+\.\d+, token accuracy/);
    first = await outputs();
    assert.equal(first.simulated, false);
    assert.match(first.fineTunedModel, /^ft:tiny:opening-ho-/);
    const [start, ...rest] = first.checkpoints;
    const end = rest.at(-1);
    assert.equal(end?.stepNumber, 60);
    console.log(`      loss ${start?.trainLoss.toFixed(3)} → ${end.trainLoss.toFixed(3)}`);
    assert.ok(end.trainLoss < (start?.trainLoss ?? 0) / 10);
  });

  step("produces an adapter that PEFT can load and that answers questions the base model cannot", async function () {
    this.timeout(5 * 60_000);
    const reply = await fetch(first.artifactUrl);
    const artifact = join(folder, "artifact");
    await execa("mkdir", [artifact]);
    await execa("tar", ["-x", "--strip-components=1", "-C", artifact], {
      input: Buffer.from(await reply.arrayBuffer()),
    });
    const { base, adapter, of } = JSON.parse(await python(join(__dirname, "answers.py"), tiny, artifact, train));
    console.log(`      correct answers of ${of}: ${base} by the base model, ${adapter} with the adapter`);
    assert.equal(base, 0);
    assert.ok(adapter >= 0.9 * of);
  });

  step("gives the same validation loss and accuracy as plain TRL (tolerance 1e-6)", async function () {
    this.timeout(10 * 60_000);
    const recipe = join(folder, "artifact/recipe.json");
    const valid = join(example, "valid.jsonl");
    const direct = JSON.parse(await python(join(__dirname, "direct.py"), tiny, train, valid, recipe));
    const { validLoss, validMeanTokenAccuracy } = first.checkpoints.at(-1) as Checkpoint;
    const [loss, accuracy] = [validLoss - direct.validLoss, validMeanTokenAccuracy - direct.accuracy].map(Math.abs);
    console.log(`      differences: loss ${loss}, accuracy ${accuracy}`);
    assert.ok((loss as number) < 1e-6 && (accuracy as number) < 1e-6);
  });

  step(
    "outputs the figures of the base model and of the kept checkpoint, as an evaluation on demand does",
    async function () {
      this.timeout(10 * 60_000);
      const { base, tuned, kept } = first.evaluation;
      const { validLoss } = first.checkpoints.at(-1) as Checkpoint;
      console.log(`      validation loss ${base.validLoss.toFixed(3)} → ${tuned.validLoss.toFixed(3)}`);
      assert.equal(kept, "last");
      assert.ok(base.validLoss > 2 * validLoss);
      assert.ok(Math.abs(tuned.validLoss - validLoss) < 1e-6);
      const { evaluations } = remote.client;
      const { id } = await evaluations.create({ model: first.fineTunedModel, job_id: first.jobId });
      const { status, figures } = await evaluations.wait(id);
      assert.equal(status, "SUCCESS");
      assert.ok(Math.abs((figures?.valid_loss ?? 0) - tuned.validLoss) < 1e-5);
      assert.equal(figures?.valid_mean_token_accuracy, tuned.validMeanTokenAccuracy);
    },
  );

  step("shows the sample answers only to those who ask for them", async () => {
    const { data: samples } = await remote.client.evaluations.samplesOf(first.jobId);
    assert.equal(samples.length, 2);
    const shown = JSON.stringify([
      await remote.client.jobs.get(first.jobId),
      await remote.jobs(),
      await stack.state(),
      await progressOf(data, first.jobId),
      await readFile(join(data, "runs", first.jobId, "log.txt"), "utf8"),
    ]);
    // Shorter texts may appear by chance.
    const texts = samples
      .flatMap(({ reference = "", tuned = "" }) => [reference, tuned])
      .filter(({ length }) => length > 20);
    assert.ok(texts.length >= samples.length);
    for (const text of texts) assert.ok(!shown.includes(text), text);
  });

  step(
    "survives SIGKILL of the server and of the training program: one job, one result, the same losses",
    async function () {
      this.timeout(20 * 60_000);
      await declare("triggers: [1], waitForCompletion: false,");
      await succeeds(stack.up());
      const { jobId } = await outputs();
      await waitForStep(jobId, 15);
      await server.kill();
      // On a fast machine, the training would end while the server starts.
      await signalTraining(jobId, "SIGSTOP");
      await server.start();
      await signalTraining(jobId, "SIGCONT");
      await waitForStep(jobId, 25);
      await killTraining(jobId);
      await declare("triggers: [1],");
      await succeeds(stack.up());
      const second = await outputs();
      assert.equal(second.jobId, jobId);
      assert.equal((await remote.jobs()).length, 2);
      const starts = (await progressOf(data, jobId)).filter(({ type }) => type === "start").map(({ step }) => step);
      console.log(`      attempts started at steps ${starts.join(" and ")}`);
      assert.equal(starts.length, 2);
      assert.ok(starts[1] > 0, "the second attempt resumes from a checkpoint");
      const best = Math.min(...second.checkpoints.map(({ validLoss }) => validLoss));
      assert.equal(second.evaluation.kept, "best");
      assert.ok(Math.abs(second.evaluation.tuned.validLoss - best) < 1e-6);
      for (const [index, { stepNumber, trainLoss, validLoss }] of second.checkpoints.entries()) {
        const before = first.checkpoints[index] as Checkpoint;
        assert.equal(stepNumber, before.stepNumber);
        assert.ok(Math.abs(trainLoss - before.trainLoss) < 1e-6 && Math.abs(validLoss - before.validLoss) < 1e-6);
      }
    },
  );

  async function waitForStep(jobId: string, step: number): Promise<void> {
    const isReached = async () => (await progressOf(data, jobId)).some((line) => line.step >= step);
    await eventually(`step ${step} of job ${jobId}`, isReached, { withinMs: 5 * 60_000, everyMs: 50 });
  }
});
