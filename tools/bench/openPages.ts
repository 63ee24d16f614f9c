import { setMaxListeners } from "node:events";
import { mkdtempSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Agent, Pool } from "undici";
import { MistralClient } from "../../provider/dist/client";
import { eventually } from "../../test/support/eventually";
import { TestServer } from "../../test/support/server";
import { cpuSeconds, endTrainings, FAKE, healthLatency } from "./busyServer";
import type { Comparison } from "./compare";

const PAGES = 100;
/** A page reads the row of its job, or its list, this often, in milliseconds. */
const RELOAD_MS = 5_000;
/** Of the training. With 10 steps/s, a job of 100,000 steps takes almost three hours. */
const STEPS = 100_000;
const STEP_MS = 100;
const MEASURE_MS = 10_000;
const data = join(__dirname, "../../examples/quickstart/train.jsonl");

/** Measures what a training with 10 steps/s costs the server, and what 100 browsers cost that watch it. */
export async function openPages(): Promise<Comparison[]> {
  const folder = mkdtempSync(join(tmpdir(), "bench-pages-"));
  const dataFolder = join(folder, "data");
  const models = join(folder, "models.json");
  writeFileSync(models, JSON.stringify({ models: { m: { path: "./base", ms: STEP_MS, every: 1000 } } }));
  const args = ["--trainer", "process", "--models", models, "--recipe", `'${process.execPath}' '${FAKE}'`];
  const server = await TestServer.start({ dataFolder, args });
  const pool = new Pool(server.url, { connections: 2 });
  try {
    const id = await train(server.url);
    const ingestion = await cpuPercent(server.pid);
    const pages = new AbortController();
    setMaxListeners(0, pages.signal);
    const received = openAll(server.url, id, pages.signal);
    await sleep(2 * RELOAD_MS);
    const before = received();
    const [cpu, p99] = await Promise.all([cpuPercent(server.pid), healthLatency(pool)]);
    const events = (received() - before) / PAGES / (MEASURE_MS / 1000);
    pages.abort();
    if (events < 5) throw new Error(`the pages have received only ${events} steps per second`);
    const row = (what: string, unit: string, ours: number, target: number): Comparison => ({
      ...{ what, against: "target (not measured)", unit, ours, theirs: target, ratio: ours / target, aim: "≤ 1" },
    });
    const watched = `${PAGES} open pages on a job with ${1000 / STEP_MS} steps/s`;
    return [
      row(`CPU time of the server, a job with ${1000 / STEP_MS} steps/s`, "% of a core", ingestion, 5),
      row(`CPU time of the server, ${watched}`, "% of a core", cpu, 15),
      row(`99th percentile of \`GET /healthz\`, ${watched}`, "ms", p99, 50),
    ];
  } finally {
    await pool.close();
    await server.terminate();
    endTrainings(join(dataFolder, "runs"));
    await rm(folder, { recursive: true, force: true });
  }
}

/** Resolves to the ID of a job that trains. */
async function train(baseUrl: string): Promise<string> {
  const client = new MistralClient({ baseUrl });
  const { id: file_id } = await client.files.upload({ path: data });
  const hyperparameters = { training_steps: STEPS };
  const { id } = await client.jobs.create({
    model: "m",
    training_files: [{ file_id }],
    hyperparameters,
    auto_start: true,
  });
  await eventually("a training", async () => (await client.jobs.get(id)).status === "RUNNING");
  return id;
}

async function cpuPercent(pid: number): Promise<number> {
  const before = cpuSeconds(pid);
  await sleep(MEASURE_MS);
  return ((cpuSeconds(pid) - before) / (MEASURE_MS / 1000)) * 100;
}

/** Opens the event streams of all pages, and reloads their lists and jobs. @returns the number of steps that they have received */
function openAll(url: string, id: string, signal: AbortSignal): () => number {
  const dispatcher = new Agent({ connections: 2 * PAGES });
  let steps = 0;
  const stopped = (error: unknown) => {
    if (!signal.aborted) throw error;
  };
  const stream = async () => {
    const { body } = await dispatcher.request({
      ...{ origin: url, method: "GET", path: `/v1/fine_tuning/jobs/${id}/metrics/stream`, signal },
    });
    for await (const chunk of body) steps += String(chunk).split("event: step\n").length - 1;
  };
  const reload = async (path: string, delay: number) => {
    for (await sleep(delay); !signal.aborted; await sleep(RELOAD_MS)) {
      const { body } = await dispatcher.request({ origin: url, method: "GET", path, signal });
      await body.text();
    }
  };
  const jobs = "/v1/fine_tuning/dashboard/jobs";
  for (let page = 0; page < PAGES; page++) {
    void stream().catch(stopped);
    void reload(page % 2 === 0 ? jobs : `${jobs}/${id}`, (page * RELOAD_MS) / PAGES).catch(stopped);
  }
  return () => steps;
}
