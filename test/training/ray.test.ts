import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { execa } from "execa";
import { recipeFile, recipePython } from "../../server/src/trainers/recipe/recipe";
import { RayCluster } from "../server/trainers/ray/cluster";
import { describeWithEngine } from "../support/engine";
import { succeeds } from "../support/results";
import { TestServer } from "../support/server";
import { TRAINING_ENV, TRAINING_TIMEOUT_MS } from "./trainings";

const example = resolve(__dirname, "../../examples/self-hosted");
const program = readFileSync(join(example, "index.ts"), "utf8");

interface Checkpoint {
  stepNumber: number;
  trainLoss: number;
  validLoss: number;
}

/** A line with a checkpoint in `progress.jsonl`. */
interface CheckpointLine {
  step: number;
  metrics: { train_loss: number; valid_loss: number };
}

describeWithEngine("a real training on a Ray cluster", (engine) => {
  const cluster = new RayCluster(async () => recipePython());
  let folder: string;
  let models: string;

  before("make a tiny model and start Ray", async function () {
    this.timeout(10 * 60_000);
    folder = await mkdtemp(join(tmpdir(), "ray-training-"));
    models = join(folder, "models.yaml");
    await writeFile(models, "models:\n  tiny: ./tiny\n");
    await execa(
      recipePython(),
      [recipeFile("make_tiny_model.py"), join(folder, "tiny"), join(example, "train.jsonl")],
      {
        env: TRAINING_ENV,
      },
    );
    Object.assign(process.env, TRAINING_ENV, { RAY_AUTH_TOKEN: cluster.token });
    await cluster.open();
  });
  after(async () => {
    delete process.env.RAY_AUTH_TOKEN;
    await cluster.close();
    await rm(folder, { recursive: true, force: true });
  });

  it("gives the same losses with two workers as two torchrun processes (tolerance 1e-4)", async function () {
    this.timeout(20 * 60_000);
    const config = join(folder, "ray.json");
    await writeFile(
      config,
      JSON.stringify({ defaults: { workers: 2, num_cpus: 1, runtime_env: { env_vars: TRAINING_ENV } } }),
    );
    const data = join(folder, "data");
    const ray = ["--trainer", "ray", "--models", models, "--ray-address", cluster.address, "--ray-config", config];
    const server = await TestServer.start({ dataFolder: data, args: ray });
    try {
      const stack = await engine.stack({
        program: example,
        files: { "index.ts": `${program}export const { jobId } = job;\n` },
        env: { MISTRAL_BASE_URL: server.url },
        config: { model: "tiny" },
        commandTimeoutMs: TRAINING_TIMEOUT_MS,
      });
      await succeeds(stack.up());
      const { jobId, checkpoints, simulated } = await stack.outputs();
      assert.equal(simulated, false);
      const direct = await trainWithTorchrun(join(data, "runs", String(jobId), "job.json"));
      const differences = (checkpoints as Checkpoint[]).flatMap(({ stepNumber, trainLoss, validLoss }, index) => {
        const { step, metrics } = direct[index] as CheckpointLine;
        assert.equal(stepNumber, step);
        return [Math.abs(trainLoss - metrics.train_loss), Math.abs(validLoss - metrics.valid_loss)];
      });
      assert.equal(direct.length, 10);
      assert.equal(differences.length, 20);
      console.log(`      largest difference between two losses: ${Math.max(...differences)}`);
      assert.ok(Math.max(...differences) < 1e-4);
    } finally {
      await server.stopAndRemove();
    }
  });

  /** Trains the same job with two torchrun processes and without a server. Returns the checkpoints. */
  async function trainWithTorchrun(job: string): Promise<CheckpointLine[]> {
    const runFolder = join(folder, "direct");
    await mkdir(join(runFolder, "data"), { recursive: true });
    const content = await readFile(job, "utf8");
    await writeFile(join(runFolder, "job.json"), content);
    const { training_files, validation_files } = JSON.parse(content);
    await copyFile(join(example, "train.jsonl"), join(runFolder, training_files[0].path));
    await copyFile(join(example, "valid.jsonl"), join(runFolder, validation_files[0].path));
    const torchrun = ["-m", "torch.distributed.run", "--nproc-per-node", "2", "--standalone"];
    await execa(recipePython(), [...torchrun, recipeFile("train.py"), runFolder], { env: TRAINING_ENV });
    const lines = (await readFile(join(runFolder, "progress.jsonl"), "utf8")).trim().split("\n");
    return lines.map((line) => JSON.parse(line)).filter(({ type }) => type === "checkpoint");
  }
});
