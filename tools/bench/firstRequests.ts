import { Pool } from "undici";
import { TestServer } from "../../test/support/server";
import type { Comparison } from "./compare";

const CLIENTS = 200;
/** Requests of each client after its first one. */
const POLLS = 4;
const jobs = "/v1/fine_tuning/jobs";

const upload = [
  '--b\r\nContent-Disposition: form-data; name="file"; filename="a.jsonl"\r\n\r\n',
  `${JSON.stringify({
    messages: [
      { role: "user", content: "a?" },
      { role: "assistant", content: "b" },
    ],
  })}\n`.repeat(3),
  "\r\n--b--\r\n",
].join("");

/**
 * Measures how long clients wait when all of them start at once on a fresh server: each opens a connection, uploads a
 * file, creates a job and polls the job. Counts JSON requests, in milliseconds.
 */
export async function firstRequests(): Promise<Comparison[]> {
  const [many, one] = [await durations(CLIENTS), await durations(1)];
  const row = (what: string, of: (sorted: number[]) => number, aim: string): Comparison => {
    const [ours, theirs] = [of(many), of(one)];
    return {
      ...{ what: `${what} of JSON requests, with ${CLIENTS} clients that start at once`, against: "with one client" },
      ...{ unit: "ms", ours, theirs, ratio: ours / theirs, aim },
    };
  };
  const over = (sorted: number[]) => sorted.filter((each) => each > 1000).length;
  return [
    row("p50", (sorted) => quantile(sorted, 0.5), "none"),
    row("p99", (sorted) => quantile(sorted, 0.99), "≤ 1000 ms"),
    row("maximum", (sorted) => sorted.at(-1) as number, "≤ 1000 ms"),
    {
      ...{ what: `JSON requests over 1 s, with ${CLIENTS} clients that start at once`, against: "all JSON requests" },
      ...{ unit: "requests", ours: over(many), theirs: many.length, ratio: over(many) / many.length, aim: "0" },
    },
  ];
}

const quantile = (sorted: number[], share: number) => sorted[Math.ceil(sorted.length * share) - 1] as number;

/** Returns the durations of all JSON requests, sorted. */
async function durations(clients: number): Promise<number[]> {
  const server = await TestServer.start();
  try {
    return (await Promise.all(Array.from({ length: clients }, () => client(server.url)))).flat().sort((a, b) => a - b);
  } finally {
    await server.stopAndRemove();
  }
}

async function client(url: string): Promise<number[]> {
  const pool = new Pool(url, { connections: 1 });
  const found: number[] = [];
  const send = async (method: "GET" | "POST", path: string, body?: string, type = "application/json") => {
    const start = performance.now();
    const headers = body === undefined ? {} : { "content-type": type };
    const reply = await pool.request({ method, path, headers, body: body ?? null });
    const json = (await reply.body.json()) as { id: string };
    if (reply.statusCode !== 200) throw new Error(`${method} ${path} was answered with ${reply.statusCode}`);
    if (type === "application/json") found.push(performance.now() - start);
    return json.id;
  };
  const file = await send("POST", "/v1/files", upload, "multipart/form-data; boundary=b");
  const training = { model: "open-mistral-7b", training_files: [file], hyperparameters: { training_steps: 10 } };
  const id = await send("POST", jobs, JSON.stringify({ ...training, auto_start: true }));
  for (let poll = 0; poll < POLLS; poll++) await send("GET", `${jobs}/${id}`);
  await pool.close();
  return found;
}
