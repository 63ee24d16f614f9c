import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import got from "got";
import pLimit from "p-limit";
import { MistralClient } from "../../provider/dist/client";
import { type Comparison, compare } from "./compare";

const ROUNDS = 25;
const REQUESTS = 2_000;
const AT_ONCE = 10;

const reply = JSON.stringify({
  id: "b888f774-3e7c-4135-a18c-6b985523c4bc",
  object: "job",
  model: "open-mistral-7b",
  status: "RUNNING",
  training_files: ["8c2a7a54-93a6-4a52-9bd5-0d1f0c6d2a11"],
  hyperparameters: { training_steps: 100, learning_rate: 0.0001 },
  events: [{ name: "status-updated", data: { status: "RUNNING" }, created_at: 1_790_000_000 }],
  checkpoints: [{ metrics: { train_loss: 1.2 }, step_number: 10, created_at: 1_790_000_000 }],
  created_at: 1_790_000_000,
  modified_at: 1_790_000_000,
});

/** Measures the overhead of the client compared with got alone: keys, retries, errors, validated replies. */
export async function requests(): Promise<Comparison> {
  const server = createServer((_, response) => response.setHeader("content-type", "application/json").end(reply));
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client = new MistralClient({ baseUrl, apiKey: "key" });
  const url = `${baseUrl}/v1/fine_tuning/jobs/b888f774-3e7c-4135-a18c-6b985523c4bc`;
  const headers = { authorization: "Bearer key" };
  try {
    return await compare(
      {
        what: "requests of the client (`jobs.get`)",
        against: "the same with got alone",
        unit: "requests/s",
        aim: "≥ 0.9",
      },
      () => perSecond(() => client.jobs.get("b888f774-3e7c-4135-a18c-6b985523c4bc")),
      () => perSecond(() => got(url, { headers }).json()),
      ROUNDS,
    );
  } finally {
    server.close();
  }
}

async function perSecond(request: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  const limit = pLimit(AT_ONCE);
  await Promise.all(Array.from({ length: REQUESTS }, () => limit(request)));
  return REQUESTS / ((performance.now() - start) / 1000);
}
