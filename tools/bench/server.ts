import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Pool } from "undici";
import { TestServer } from "../../test/support/server";
import { type Comparison, compare, median } from "./compare";
import { writeEndedJobs } from "./endedJobs";

const MANY = 10_000;
/** The size of the longest page, so that both servers return the same number of jobs. */
const FEW = 100;
const ROUNDS = 7;
const MEMORY_ROUNDS = 3;
const AT_ONCE = 10;
const ROUND_MS = 500;
const jobs = "/v1/fine_tuning/jobs";

/** A data folder with jobs that have ended. */
interface Store {
  dataDir: string;
  /** One of its jobs. */
  jobId: string;
}

/** Measures the effect of many jobs on the server's speed and memory. */
export async function serverWithManyJobs(): Promise<Comparison[]> {
  const folder = await mkdtemp(join(tmpdir(), "bench-server-"));
  const store = (count: number): Store => {
    const dataDir = join(folder, String(count));
    return { dataDir, jobId: writeEndedJobs(dataDir, count) };
  };
  try {
    const [many, few] = [store(MANY), store(FEW)];
    return [...(await rates(many, few)), await memory(many, few)];
  } finally {
    await TestServer.killAll();
    await rm(folder, { recursive: true, force: true });
  }
}

const PATHS: readonly [what: string, path: (store: Store) => string][] = [
  ["`GET` of a job", ({ jobId }) => `${jobs}/${jobId}`],
  ["`list`", () => jobs],
  ["`list` with a page of 100", () => `${jobs}?page_size=100`],
  ["`list` by status", () => `${jobs}?status=FAILED&page_size=10`],
  ["`list` by model", () => `${jobs}?model=tenth&page_size=10`],
  ["`list` by Weights & Biases project", () => `${jobs}?wandb_project=tenth&page_size=10`],
];

async function rates(many: Store, few: Store): Promise<Comparison[]> {
  const servers = [await start(many), await start(few)] as const;
  const pools = servers.map(({ url }) => new Pool(url, { connections: AT_ONCE })) as [Pool, Pool];
  const results: Comparison[] = [];
  for (const [what, path] of PATHS) {
    const about = {
      what: `${what}, with ${MANY} jobs in the store`,
      against: `with ${FEW}`,
      unit: "requests/s",
      aim: "≥ 0.8",
    };
    const [ours, theirs] = [() => perSecond(pools[0], path(many)), () => perSecond(pools[1], path(few))];
    results.push(await compare(about, ours, theirs, ROUNDS));
  }
  await Promise.all(pools.map((pool) => pool.close()));
  for (const server of servers) await server.terminate();
  return results;
}

const start = ({ dataDir }: Store) => TestServer.start({ dataFolder: dataDir });

/** Sends requests on keep-alive connections, one at a time on each connection. */
async function perSecond(pool: Pool, path: string): Promise<number> {
  const start = performance.now();
  const elapsed = () => performance.now() - start;
  let answered = 0;
  const worker = async () => {
    while (elapsed() < ROUND_MS) {
      await get(pool, path);
      answered++;
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return answered / (elapsed() / 1000);
}

async function get(pool: Pool, path: string): Promise<void> {
  const { statusCode, body } = await pool.request({ method: "GET", path });
  const reply = await body.text();
  if (statusCode !== 200) throw new Error(`GET ${path} was answered with ${statusCode}: ${reply}`);
}

async function memory(many: Store, few: Store): Promise<Comparison> {
  const figures: [number[], number[]] = [[], []];
  for (let round = 0; round < MEMORY_ROUNDS; round++) {
    figures[0].push(await megabytes(many, MANY));
    figures[1].push(await megabytes(few, FEW));
  }
  const [ours, theirs] = [median(figures[0]), median(figures[1])];
  const perThousand = ((ours - theirs) / (MANY - FEW)) * 1_000;
  return {
    ...{
      what: "memory growth of the server per 1000 additional jobs",
      against: `for scale: memory with ${FEW} jobs`,
      unit: "MB",
    },
    ...{ ours: perThousand, theirs, ratio: perThousand / theirs, aim: "at most 1 MB" },
  };
}

/**
 * Starts a server, requests as many pages as a list of `MANY` jobs has, and returns the server's resident memory in MB. Servers
 * with few and many jobs therefore answer the same number of requests.
 */
async function megabytes(store: Store, count: number): Promise<number> {
  const server = await start(store);
  const pool = new Pool(server.url);
  for (let page = 0; page < MANY / 100; page++) {
    await get(pool, `${jobs}?page_size=100&page=${page % (count / 100)}`);
  }
  await pool.close();
  const resident = /VmRSS:\s+(\d+) kB/.exec(await readFile(`/proc/${server.pid}/status`, "utf8"))?.[1];
  await server.terminate();
  return (Number(resident) * 1024) / 1e6;
}
