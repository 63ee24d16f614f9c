import { existsSync } from "node:fs";
import { copyFile, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { execa } from "execa";
import { isTerminal, MistralClient } from "../../provider/dist/client";
import { recipeFile, recipePython } from "../../server/src/trainers/recipe/recipe";
import { eventually } from "../../test/support/eventually";
import { TestServer } from "../../test/support/server";
import { type Comparison, compare } from "./compare";

const ROUNDS = 3;
const STEPS = 100;
const POLL_MS = 50;
const TRAINING_TIMEOUT_MS = 10 * 60_000;
const example = resolve(__dirname, "../../examples/self-hosted");
const DATA = { training: join(example, "train.jsonl"), validation: join(example, "valid.jsonl") };
/** One thread, because several threads wait for each other on a shared machine. */
const env = { OMP_NUM_THREADS: "1", HF_HUB_OFFLINE: "1", PYTHONUNBUFFERED: "1", PYTHONDONTWRITEBYTECODE: "1" };

/** Measures the server's share of a training, and the recipe's speed. Without the recipe's environment, prints a note and returns []. */
export async function training(): Promise<Comparison[]> {
  if (!existsSync(recipePython())) {
    console.log("no training is measured: the recipe's environment is not set up; `npm run test:training` does that");
    return [];
  }
  return [await againstDirect(), ...(await againstTrl())];
}

/** Compares the same job with and without the server. */
async function againstDirect(): Promise<Comparison> {
  const folder = await mkdtemp(join(tmpdir(), "bench-training-"));
  try {
    await python(recipeFile("make_tiny_model.py"), join(folder, "tiny"), DATA.training);
    const models = join(folder, "models.yaml");
    await writeFile(models, "models:\n  tiny: ./tiny\n");
    const data = join(folder, "server");
    const args = ["--trainer", "process", "--models", models];
    const server = await TestServer.start({ dataFolder: data, args, env });
    const client = new MistralClient({ baseUrl: server.url });
    const files = {
      training: (await client.files.upload({ path: DATA.training })).id,
      validation: (await client.files.upload({ path: DATA.validation })).id,
    };
    let trained = "";
    const ours = () =>
      seconds(async () => {
        trained = await train(client, files);
      });
    const theirs = async () => {
      const copy = await untrained(join(data, "runs", trained), files, folder);
      const time = await seconds(() => python(recipeFile("train.py"), copy));
      await rm(copy, { recursive: true });
      return time;
    };
    const about = {
      what: `a job of ${STEPS} steps, from its creation to SUCCESS`,
      against: "`python train.py` with the same folder",
      unit: "s",
      aim: "ratio ≤ 1.05, and at most 1 s longer",
    };
    const result = await compare(about, ours, theirs, ROUNDS);
    await server.terminate();
    return result;
  } finally {
    await TestServer.killAll();
    await rm(folder, { recursive: true, force: true });
  }
}

/** The IDs of the data files. */
type Files = Record<keyof typeof DATA, string>;

/** Resolves to the ID of a job that has succeeded. */
async function train(client: MistralClient, { training, validation }: Files): Promise<string> {
  const { id } = await client.jobs.create({
    model: "tiny",
    training_files: [{ file_id: training }],
    validation_files: [validation],
    hyperparameters: { training_steps: STEPS, learning_rate: 5e-3, seq_len: 255 },
    auto_start: true,
  });
  const poll = async () => {
    const { status, events } = await client.jobs.get(id);
    if (status === "SUCCESS") return true;
    if (isTerminal(status)) throw new Error(`Job ${id} is ${status}: ${JSON.stringify(events?.[0]?.data)}`);
    return false;
  };
  await eventually(`the end of job ${id}`, poll, { withinMs: TRAINING_TIMEOUT_MS, everyMs: POLL_MS });
  return id;
}

/** Copies a job's folder in its state before the training, because the server has removed the data. */
async function untrained(run: string, files: Files, folder: string): Promise<string> {
  const copy = join(folder, "direct");
  await mkdir(join(copy, "data"), { recursive: true });
  await copyFile(join(run, "job.json"), join(copy, "job.json"));
  await copyFile(DATA.training, join(copy, "data", `${files.training}.jsonl`));
  await copyFile(DATA.validation, join(copy, "data", `${files.validation}.jsonl`));
  return copy;
}

/** The recipe's own benchmark returns tokens per second of CPU time. */
async function againstTrl(): Promise<Comparison[]> {
  const rates = JSON.parse(await python(recipeFile("tests/bench.py")));
  const row = (against: string, theirs: number, aim: string): Comparison => ({
    ...{ what: "the recipe's training", against, unit: "tokens/s of CPU time", aim },
    ...{ ours: rates.recipe, theirs, ratio: rates.recipe / theirs },
  });
  return [
    row("TRL's own script with equal settings", rates.equal, "≥ 0.98"),
    row("TRL's own script with its defaults", rates.defaults, "> 1"),
  ];
}

async function seconds(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}

/** Runs a program in the recipe's environment. Resolves to the last line of the program's output. */
async function python(program: string, ...args: string[]): Promise<string> {
  const { stdout } = await execa(recipePython(), [program, ...args], { env });
  return stdout.split("\n").at(-1) as string;
}
