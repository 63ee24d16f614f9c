import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Pool } from "undici";
import { TestServer } from "../../test/support/server";
import type { Comparison } from "./compare";
import { MODEL, type UnendedJobs, writeUnendedJobs } from "./unendedJobs";

export const FAKE = join(__dirname, "../../test/server/recipes/fake.js");
/** The server polls every job once meanwhile. */
const WARM_UP_MS = 8_000;
const MEASURE_MS = 10_000;
const PROBE_INTERVAL_MS = 20;
const MAX_P99_MS = 50;
const MAX_CPU_PERCENT = 20;
/** Clock ticks per second in `/proc`, on all common Linux systems. */
const TICKS_PER_SECOND = 100;

/** Measures how fast a server with many unfinished jobs answers `GET /healthz`, and its CPU time without requests. */
export async function busyServer(): Promise<Comparison[]> {
  const results: Comparison[] = [];
  for (const [what, jobs, list] of [
    ["300 running simulated jobs", { simulated: 300 }, false],
    ["1,000 queued jobs", { queued: 1_001 }, false],
    ["1,000 queued and 300 running jobs", { queued: 1_001, simulated: 300 }, false],
    ["lists of 60 jobs with 500 kB of labels each", { withLabels: 60 }, true],
  ] as [string, UnendedJobs, boolean][]) {
    const { p99, cpu } = await measure(jobs, list);
    results.push({
      ...{ what: `99th percentile of \`GET /healthz\`, ${what}`, against: "target (not measured)", unit: "ms" },
      ...{ ours: p99, theirs: MAX_P99_MS, ratio: p99 / MAX_P99_MS, aim: "≤ 1" },
    });
    if (jobs.queued !== undefined && jobs.simulated !== undefined) {
      results.push({
        ...{ what: `CPU time of the server, ${what}`, against: "target (not measured)", unit: "% of a core" },
        ...{ ours: cpu, theirs: MAX_CPU_PERCENT, ratio: cpu / MAX_CPU_PERCENT, aim: "≤ 1" },
      });
    }
  }
  return results;
}

async function measure(jobs: UnendedJobs, list: boolean): Promise<{ p99: number; cpu: number }> {
  const folder = mkdtempSync(join(tmpdir(), "bench-busy-"));
  const dataFolder = join(folder, "data");
  writeUnendedJobs(dataFolder, jobs);
  const models = join(folder, "models.json");
  writeFileSync(models, JSON.stringify({ models: { [MODEL]: { path: "./base", ms: 3_600_000 } } }));
  const args = ["--trainer", "process", "--models", models, "--recipe", `'${process.execPath}' '${FAKE}'`];
  const server = await TestServer.start({ dataFolder, args });
  const pool = new Pool(server.url, { connections: 2 });
  try {
    await sleep(WARM_UP_MS);
    const before = cpuSeconds(server.pid);
    await sleep(MEASURE_MS);
    const cpu = ((cpuSeconds(server.pid) - before) / (MEASURE_MS / 1000)) * 100;
    const stop = new AbortController();
    const listing = list ? listUntil(pool, stop.signal) : undefined;
    const p99 = await healthLatency(pool);
    stop.abort();
    await listing;
    return { p99, cpu };
  } finally {
    await pool.close();
    await server.terminate();
    endTrainings(join(dataFolder, "runs"));
    await rm(folder, { recursive: true, force: true });
  }
}

/** Returns the 99th percentile of the latency of `GET /healthz`, in milliseconds. */
export async function healthLatency(pool: Pool): Promise<number> {
  const latencies: number[] = [];
  for (const end = performance.now() + MEASURE_MS; performance.now() < end; await sleep(PROBE_INTERVAL_MS)) {
    const start = performance.now();
    const { body } = await pool.request({ method: "GET", path: "/healthz" });
    await body.text();
    latencies.push(performance.now() - start);
  }
  return latencies.sort((one, other) => one - other)[Math.ceil(latencies.length * 0.99) - 1] as number;
}

async function listUntil(pool: Pool, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const { body } = await pool.request({ method: "GET", path: "/v1/fine_tuning/jobs?page_size=100" });
    await body.text();
  }
}

/** Returns the CPU time that a process has used, in seconds. */
export function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

export function endTrainings(runs: string): void {
  for (const id of existsSync(runs) ? readdirSync(runs) : []) {
    const attempt = join(runs, id, "attempt.json");
    if (existsSync(attempt)) process.kill(-JSON.parse(readFileSync(attempt, "utf8")).pid, "SIGKILL");
  }
}
