import { appendFileSync, mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createJobBody } from "../../server/src/domain/jobSpec";
import type { Trainer } from "../../server/src/domain/trainer";
import { JobStateMachine, type JobStateMachineOptions } from "../../server/src/jobs/jobStateMachine";
import { openDatabase } from "../../server/src/store/database";
import { JobStore } from "../../server/src/store/jobs";
import { MetricStore } from "../../server/src/store/metrics/metricStore";
import { toProgress } from "../../server/src/trainers/program/progress/programProgress";
import { ProgressFile } from "../../server/src/trainers/program/progress/progressFile";
import { TestServer } from "../../test/support/server";
import { type Comparison, median } from "./compare";

const STEPS = 100_000;
const STEPS_BETWEEN = 1000;
const REQUESTS = 21;
/** 5 % of a core with 10 steps/s, in milliseconds. */
const MAX_STEP_MS = 5;
/** A third of the time in which the page draws the curves, in milliseconds. */
const MAX_REPLY_MS = 100;

/** Measures what the steps of a long training cost the server, and how fast it replies with their curves. */
export async function longTraining(): Promise<Comparison[]> {
  const dataFolder = mkdtempSync(join(tmpdir(), "bench-long-"));
  try {
    const { id, cpu } = await train(dataFolder);
    const row = (what: string, ours: number, target: number): Comparison => ({
      ...{ what, against: "target (not measured)", unit: "ms", ours, theirs: target, ratio: ours / target, aim: "≤ 1" },
    });
    return [
      row("CPU time of the server for each of 100,000 steps", cpu / STEPS, MAX_STEP_MS),
      row("curves of a job with 100,000 steps", await replyTime(dataFolder, id), MAX_REPLY_MS),
    ];
  } finally {
    await rm(dataFolder, { recursive: true, force: true });
  }
}

/** Stores a training as the server does that polls it after each step, without waiting. @returns `cpu` in milliseconds */
async function train(dataFolder: string): Promise<{ id: string; cpu: number }> {
  const database = openDatabase(join(dataFolder, "server.db"));
  try {
    const [jobs, metrics] = [new JobStore(database), new MetricStore(database)];
    const path = join(dataFolder, "progress.jsonl");
    const file = new ProgressFile(path);
    const trainer: Partial<Trainer> = {
      start: async () => {},
      poll: async (run) => ({ ...toProgress(await file.read()), points: file.pointsAfter(run.storedPoint ?? 0) }),
    };
    const trainers = new Map([["process", trainer]]);
    const stateMachine = new JobStateMachine({ jobs, metrics, trainers } as unknown as JobStateMachineOptions);
    const id = runningJob(jobs);
    report(path, "start", { total_steps: STEPS });
    let cpu = 0;
    for (let step = 1; step <= STEPS; step++) {
      reportStep(path, step);
      const before = process.cpuUsage();
      const progress = await stateMachine.poll(id, { status: "RUNNING", trainer: "process" });
      if (progress !== undefined) await stateMachine.applyAll([{ id, polled: "RUNNING", progress }]);
      const { user, system } = process.cpuUsage(before);
      cpu += (user + system) / 1000;
    }
    jobs.transition(id, "FAILED", { stopReason: "failed" }, { reason: "the end of the benchmark" });
    await jobs.committed();
    return { id, cpu };
  } finally {
    database.close();
  }
}

function runningJob(jobs: JobStore): string {
  const owner = { workspace: "default", owner: "anonymous" };
  const { id } = jobs.create(createJobBody.parse({ model: "m", training_files: ["f"] }), "process", owner);
  jobs.transition(id, "VALIDATING");
  jobs.transition(id, "VALIDATED");
  jobs.transition(id, "STARTED", { startedAt: Date.now() });
  jobs.transition(id, "RUNNING");
  return id;
}

/** Writes what the recipe writes. */
function reportStep(path: string, step: number): void {
  const loss = 1 + 1 / step;
  report(path, "step", {
    ...{ step, loss, tokens: 8192 * step, remaining_seconds: (STEPS - step) / 10, learning_rate: 1e-4 / step },
    ...{ grad_norm: 1.5 + 1 / step, tokens_per_second: 81_234.5, gpu_memory_bytes: 40_123_456_789 },
  });
  if (step % STEPS_BETWEEN > 0) return;
  const metrics = { train_loss: loss, valid_loss: loss, valid_mean_token_accuracy: 0.75 };
  report(path, "checkpoint", { step, metrics });
}

function report(path: string, type: string, fields: Record<string, unknown>): void {
  appendFileSync(path, `${JSON.stringify({ type, time: Date.now() / 1000, ...fields })}\n`);
}

/** Returns the median of the times from a request to the end of its reply, in milliseconds. */
async function replyTime(dataFolder: string, id: string): Promise<number> {
  const server = await TestServer.start({ dataFolder });
  try {
    const times: number[] = [];
    for (let request = 0; request < REQUESTS; request++) {
      const start = performance.now();
      const reply = await fetch(`${server.url}/v1/fine_tuning/dashboard/jobs/${id}/curves`);
      const text = await reply.text();
      times.push(performance.now() - start);
      const { step } = JSON.parse(text).step as { step: number[] };
      if (step.length < 2000 || step.length > 5000 || step.at(-1) !== STEPS) {
        throw new Error(`the curves have ${step.length} steps, the last one is ${step.at(-1)}`);
      }
    }
    return median(times);
  } finally {
    await server.terminate();
  }
}
