import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { execa } from "execa";
import { isTerminal, MistralClient } from "../../provider/dist/client";
import { recipeFile, recipePython } from "../../server/src/trainers/recipe/recipe";
import { eventually } from "../../test/support/eventually";
import { TestServer } from "../../test/support/server";
import { ExplainedError } from "../main";

const example = resolve(__dirname, "../../examples/self-hosted");
const STEPS = 150;
const TRAINING_TIMEOUT_MS = 15 * 60_000;
/** Offline, because the model is made here. */
const env = { OMP_NUM_THREADS: "1", HF_HUB_OFFLINE: "1", PYTHONDONTWRITEBYTECODE: "1" };

/** The project of the terminal's picture. It trains the tiny model for real. */
export const PROGRAM = `import { FineTuningJob } from "pulumi-mistral";

const job = new FineTuningJob("support-bot", {
  model: "tiny",
  trainingFiles: ["train.jsonl"],
  validationFiles: ["valid.jsonl"],
  hyperparameters: { trainingSteps: ${STEPS}, learningRate: 5e-3, seqLen: 255 },
});

export const { fineTunedModel, validLoss, dashboardUrl } = job;
`;
export const DATA_FILES = ["train.jsonl", "valid.jsonl"].map((name) => join(example, name));

/** Starts a server that trains a tiny model with random weights, which is made first. */
export async function startTrainingServer(folder: string): Promise<TestServer> {
  if (!existsSync(recipePython())) {
    throw new ExplainedError("The pictures show real trainings: run `npx mistral-fine-tuning-server setup` first.");
  }
  await execa(recipePython(), [recipeFile("make_tiny_model.py"), join(folder, "tiny"), DATA_FILES[0] as string], {
    env,
  });
  const models = join(folder, "models.yaml");
  await writeFile(models, "models:\n  tiny: ./tiny\n");
  return TestServer.start({
    dataFolder: join(folder, "data"),
    args: ["--trainer", "process", "--models", models],
    env,
  });
}

/** The jobs that the pictures show. */
export interface TrainedJobs {
  /** The job of `pulumi up`, and trainings that differ from it in one hyperparameter. */
  succeeded: string[];
  running: string;
}

/** Trains with other learning rates, one after the other, and then starts a training that is still running. */
export async function trainOthers(url: string): Promise<TrainedJobs> {
  const client = new MistralClient({ baseUrl: url });
  const [train, valid] = await Promise.all(DATA_FILES.map((path) => client.files.upload({ path })));
  const create = (suffix: string, learning_rate: number, training_steps: number, auto_start = true) =>
    client.jobs.create({
      model: "tiny",
      training_files: [{ file_id: (train as { id: string }).id }],
      validation_files: [(valid as { id: string }).id],
      hyperparameters: { training_steps, learning_rate, seq_len: 255 },
      suffix,
      auto_start,
    });
  const reached = (id: string, hasReached: (status: string, step: number) => boolean) =>
    eventually(
      `job ${id}`,
      async () => {
        const { status, checkpoints } = await client.jobs.get(id);
        if (isTerminal(status) && status !== "SUCCESS") throw new Error(`Job ${id} is ${status}`);
        return hasReached(status, checkpoints?.[0]?.step_number ?? 0);
      },
      { withinMs: TRAINING_TIMEOUT_MS, everyMs: 250 },
    );
  const { data: earlier = [] } = await client.jobs.list({ status: "SUCCESS" });
  const succeeded = earlier.map(({ id }) => id);
  for (const [suffix, learningRate] of [
    ["slow-rate", 5e-4],
    ["fast-rate", 2e-2],
  ] as const) {
    const { id } = await create(suffix, learningRate, STEPS);
    await reached(id, (status) => status === "SUCCESS");
    succeeded.push(id);
  }
  await create("to-be-reviewed", 1e-3, STEPS, false);
  const { id: running } = await create("long-run", 2e-3, 1000);
  await reached(running, (status, step) => status === "RUNNING" && step >= 200);
  return { succeeded, running };
}

/** Ends the training that was left running, so that no process stays behind. */
export async function cancel(url: string, id: string): Promise<void> {
  const client = new MistralClient({ baseUrl: url });
  await client.jobs.cancel(id);
  await eventually("the cancellation", async () => isTerminal((await client.jobs.get(id)).status), {
    withinMs: 60_000,
  });
}
