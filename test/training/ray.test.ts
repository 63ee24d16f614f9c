import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { execa } from "execa";
import { recipeFile, recipePython } from "../../server/src/trainers/process/recipe";
import { RayCluster } from "../server/ray/cluster";
import { describeWithEngine } from "../support/engine";
import { succeeds } from "../support/results";
import { type ServerOptions, startServer, type TestServer } from "../support/server";

const example = resolve(__dirname, "../../examples/self-hosted");
const env = { OMP_NUM_THREADS: "1", HF_HUB_OFFLINE: "1", PYTHONDONTWRITEBYTECODE: "1" };

interface Checkpoint {
  stepNumber: number;
  trainLoss: number;
  validLoss: number;
}

describeWithEngine("a training on a Ray cluster, for real", (engine) => {
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
        env,
      },
    );
    Object.assign(process.env, env, { RAY_AUTH_TOKEN: cluster.token });
    await cluster.open();
  });
  after(async () => {
    delete process.env.RAY_AUTH_TOKEN;
    await cluster.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** `pulumi up` of the example on a server with these options. */
  async function trained(options: ServerOptions): Promise<Checkpoint[]> {
    const server: TestServer = await startServer(options);
    try {
      const stack = await engine.stack({
        program: example,
        env: { MISTRAL_BASE_URL: server.url },
        config: { model: "tiny" },
      });
      await succeeds(stack.up());
      const { checkpoints, simulated } = await stack.outputs();
      assert.equal(simulated, false);
      return checkpoints as Checkpoint[];
    } finally {
      await server.stop();
    }
  }

  it("with two workers has the losses of one process, to 1e-4", async function () {
    this.timeout(20 * 60_000);
    const config = join(folder, "ray.json");
    await writeFile(config, JSON.stringify({ defaults: { workers: 2, num_cpus: 1, runtime_env: { env_vars: env } } }));
    const alone = await trained({ args: ["--trainer", "process", "--models", models] });
    const ray = ["--trainer", "ray", "--models", models, "--ray-address", cluster.address, "--ray-config", config];
    const together = await trained({ args: ray });
    assert.equal(together.length, alone.length);
    const differences = together.flatMap(({ stepNumber, trainLoss, validLoss }, index) => {
      const other = alone[index] as Checkpoint;
      assert.equal(stepNumber, other.stepNumber);
      return [Math.abs(trainLoss - other.trainLoss), Math.abs(validLoss - other.validLoss)];
    });
    console.log(`      largest difference of a loss: ${Math.max(...differences)}`);
    assert.ok(Math.max(...differences) < 1e-4);
  });
});
