import { setTimeout as sleep } from "node:timers/promises";
import { TestServer } from "../../test/support/server";
import { type Comparison, compare } from "./compare";

const ROUNDS = 3;
const ROUND_MS = 3_000;
const PAUSE_MS = 5;
const LINE_BYTES = 16 * 2 ** 20 - 64;

const LABELS = Array.from({ length: 10_000 }, (_, index) => `label ${index}`);
const classifier_targets = [{ name: "t", labels: LABELS, loss_function: "multi_class" }];

/** Lines that take long to check, each with the targets of its job. */
const LINES: readonly [line: string, targets: typeof classifier_targets][] = [
  [`{"text":"a","labels":{"t":[${'"label 9999",'.repeat(LINE_BYTES / 13 - 10)}"label 0"]}}`, classifier_targets],
  [`{"text":"a","labels":{"t":[${'"label 9999",'.repeat(900_000)}"label 0"]}}`, classifier_targets],
  ["[".repeat(LINE_BYTES), []],
  [`{"text":"${"\\\\".repeat(LINE_BYTES / 2 - 10)}`, []],
];

/** Measures how long `/healthz` takes while the server checks files that take long to check, in milliseconds. */
export async function hostileFiles(): Promise<Comparison[]> {
  const server = await TestServer.start();
  try {
    const bodies: string[] = [];
    for (const [line, targets] of LINES) bodies.push(await uploaded(server.url, line, targets));
    const about = {
      what: "p99 of `/healthz` while the server checks lines of 16 MB: labels, `[[[…`, a string",
      against: "without other requests",
      unit: "ms",
      aim: "≤ 50 ms",
    };
    const under = () => whileChecking(server.url, bodies);
    return [await compare(about, under, () => slowest(server.url), ROUNDS)];
  } finally {
    await server.stopAndRemove();
  }
}

/** Uploads a file of one line. @returns the body of a job that trains on it */
async function uploaded(url: string, line: string, targets: typeof classifier_targets): Promise<string> {
  const form = new FormData();
  form.append("purpose", "fine-tune");
  form.append("file", new Blob([line, "\n"]), "train.jsonl");
  const reply = await fetch(`${url}/v1/files`, { method: "POST", body: form });
  const { id } = (await reply.json()) as { id: string };
  return JSON.stringify({ model: "open-mistral-7b", training_files: [id], classifier_targets: targets });
}

/** Returns the p99 while each file is checked again and again. */
async function whileChecking(url: string, bodies: string[]): Promise<number> {
  let ended = false;
  const check = async (body: string) => {
    while (!ended) {
      const headers = { "content-type": "application/json" };
      await (await fetch(`${url}/v1/fine_tuning/jobs?dry_run=true`, { method: "POST", body, headers })).text();
    }
  };
  const checks = Promise.all(bodies.map(check));
  const found = await slowest(url);
  ended = true;
  await checks;
  return found;
}

/** Returns the p99 of the durations of requests, one at a time. */
async function slowest(url: string): Promise<number> {
  const durations: number[] = [];
  for (const start = performance.now(); performance.now() - start < ROUND_MS; await sleep(PAUSE_MS)) {
    const sent = performance.now();
    await (await fetch(`${url}/healthz`)).text();
    durations.push(performance.now() - sent);
  }
  return durations.sort((a, b) => a - b)[Math.ceil(durations.length * 0.99) - 1] as number;
}
