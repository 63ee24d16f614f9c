import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, request as httpRequest, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { isTerminal, MistralClient } from "../../provider/dist/client";
import { check } from "../../provider/dist/lifecycle/check";
import { create } from "../../provider/dist/lifecycle/create";
import type { Outputs } from "../../provider/dist/lifecycle/state/outputs";
import { update } from "../../provider/dist/lifecycle/update";
import type { Inputs } from "../../provider/dist/schema/inputs";
import { eventually } from "../../test/support/eventually";
import { fastClock, TestHost, urnOf } from "../../test/support/host";
import { sample } from "../../test/support/samples";
import { TestServer } from "../../test/support/server";
import type { Comparison } from "./compare";

const HOUR = 3600;
/** The duration of a step in the trainer. */
const STEP_SECONDS = 2;
const POLL_INTERVAL_SECONDS = 30;
const MANY = 100;
/** Longer than each simulated training on the real clock. */
const END_TIMEOUT_MS = 10 * 60_000;

/**
 * Measures a wait: requests, memory, and the delay of its end. The wait and the simulated trainer run on a clock that is faster than
 * the real one by the same factor. The requests and the sockets are real.
 */
export async function waiting(): Promise<Comparison[]> {
  const one = await waitFor(1, 2 * HOUR, 240);
  // A slower clock, because the duration of a list request for a hundred jobs is multiplied by the clock's factor.
  const many = await waitFor(MANY, 2 * HOUR, 60);
  const day = await waitFor(1, 24 * HOUR, 1440);
  const figures: [what: string, against: string, unit: string, ours: number, theirs: number, aim: string][] = [
    ["requests to create and start a job", "-", "requests", one.creating, one.creating, "-"],
    [
      "requests to wait two hours for a job",
      "target: at most 300 requests (not measured)",
      "requests",
      one.waiting,
      300,
      "≤ 1",
    ],
    [`requests to wait two hours for ${MANY} jobs`, "the same for one", "requests", many.waiting, one.waiting, "≤ 3"],
    [
      "delay until the wait notices that the job has ended",
      "maximum: the poll interval",
      "s",
      one.lag,
      POLL_INTERVAL_SECONDS,
      "≤ 1",
    ],
    ["heap after 24 hours of polling", "after 1 hour of polling", "MB", day.heap.end, day.heap.early, "≤ 1.05"],
  ];
  return figures.map(([what, against, unit, ours, theirs, aim]) => ({
    ...{ what, against, unit, ours, theirs, aim },
    ratio: ours / theirs,
  }));
}

async function waitFor(count: number, seconds: number, speed: number) {
  const server = await TestServer.start({ speed });
  const folder = await mkdtemp(join(tmpdir(), "waiting-"));
  const counter = await Counter.start(server.url, speed);
  try {
    const creating = new TestHost({ baseUrl: counter.url });
    const names = Array.from({ length: count }, (_, index) => `job-${index}`);
    const inputs = await Promise.all(names.map((name) => declared(folder, name, seconds, creating)));
    const started = await Promise.all(inputs.map((it) => create(it, creating)));
    const createRequests = counter.requests;
    counter.requests = 0;

    const host = new TestHost({ baseUrl: counter.url });
    host.clock = fastClock(speed);
    const early = sleep(((seconds / 24) * 1000) / speed).then(heapMegabytes);
    const ended = firstEnd(new MistralClient({ baseUrl: server.url }), started[0]?.id as string);
    const resume = ({ outputs }: { outputs: Outputs }, index: number) =>
      update(outputs.jobId, outputs, { ...(inputs[index] as Inputs), waitForCompletion: true }, host);
    const first = resume(started[0] as { outputs: Outputs }, 0).then(() => performance.now());
    await Promise.all(started.slice(1).map((it, index) => resume(it, index + 1)));
    const lag = (((await first) - (await ended)) / 1000) * speed;
    return {
      creating: createRequests / count,
      waiting: counter.requests,
      lag: Math.max(lag, 0),
      heap: { early: await early, end: heapMegabytes() },
    };
  } finally {
    await counter.stop();
    await server.stopAndRemove();
    await rm(folder, { recursive: true });
  }
}

async function declared(folder: string, name: string, seconds: number, host: TestHost): Promise<Inputs> {
  const file = join(folder, `${name}.jsonl`);
  await writeFile(file, sample(name));
  const news = {
    model: "open-mistral-7b",
    trainingFiles: [file],
    hyperparameters: { trainingSteps: seconds / STEP_SECONDS },
    waitForCompletion: false,
    __urn: urnOf(name),
  };
  const { inputs, problems } = await check({}, news, host);
  if (problems.length > 0) throw new Error(problems.join("\n"));
  return inputs as Inputs;
}

/** Returns when the job has ended, on this process's clock. */
async function firstEnd(client: MistralClient, id: string): Promise<number> {
  const poll = async () => {
    const { status } = await client.jobs.get(id);
    if (isTerminal(status) && status !== "SUCCESS") throw new Error(`Job ${id} is ${status}.`);
    return status === "SUCCESS";
  };
  await eventually(`the end of job ${id}`, poll, { withinMs: END_TIMEOUT_MS });
  return performance.now();
}

/** Converts the remaining seconds, which the server reports in real time. */
const onFastClock = (body: string, speed: number) =>
  body.replace(/("estimated_remaining_seconds":)(\d+)/g, (_, key, seconds) => key + Number(seconds) * speed);

/** Returns the heap in use after a garbage collection. */
function heapMegabytes(): number {
  setFlagsFromString("--expose-gc");
  runInNewContext("gc")();
  return process.memoryUsage().heapUsed / 1e6;
}

/** Forwards requests to the server and counts them. Converts the server's times to the fast clock. */
class Counter {
  requests = 0;

  private constructor(private readonly server: Server) {}

  static async start(target: string, speed: number): Promise<Counter> {
    const server = createServer((request, response) => {
      counter.requests++;
      const { method, headers, url } = request;
      const upstream = httpRequest(target + url, { method, headers }, (reply) => {
        void text(reply).then((body) => {
          const { "content-length": _, ...rest } = reply.headers;
          response.writeHead(reply.statusCode ?? 500, rest).end(onFastClock(body, speed));
        });
      });
      request.pipe(upstream);
    });
    const counter = new Counter(server);
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
    return counter;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((closed) => this.server.close(closed));
  }
}
