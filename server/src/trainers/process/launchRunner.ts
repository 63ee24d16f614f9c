import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync } from "node:fs";
import { join } from "node:path";
import type { AttemptFields } from "../program/attempt";
import { JobFolder } from "../program/jobFolder";
import { openLog } from "../program/programFile";

/** The arguments of a runner process, which it receives as JSON. */
export interface RunnerArguments extends AttemptFields {
  dataDir: string;
  id: string;
  /** The program and its arguments. The runner appends the path of the job's folder. */
  command: readonly string[];
  /** Seconds without a new line in `progress.jsonl` after which the runner kills the program. */
  hangTimeout: number;
  /** Seconds between SIGTERM and SIGKILL. */
  cancelGrace: number;
  /** The GPUs of the job; empty on a machine without GPUs. */
  gpus: readonly string[];
}

export const RUNNER = join(__dirname, "runner.js");

/**
 * Starts a runner as a detached process, which keeps running when the server exits.
 *
 * @param environment of the program, with the job's secrets
 * @throws when the process cannot be created
 */
export async function launchRunner(
  runnerArguments: RunnerArguments,
  environment: NodeJS.ProcessEnv,
): Promise<ChildProcess> {
  const folder = new JobFolder(runnerArguments.dataDir, runnerArguments.id);
  const log = openLog(folder.logFile);
  try {
    const runner = spawn(process.execPath, [RUNNER, JSON.stringify(runnerArguments)], {
      cwd: folder.path,
      detached: true,
      stdio: ["ignore", log, log],
      env: { ...environment, ...visibleGpus(runnerArguments.gpus) },
    });
    runner.unref();
    await once(runner, "spawn");
    return runner;
  } finally {
    closeSync(log);
  }
}

function visibleGpus(gpus: readonly string[]): NodeJS.ProcessEnv {
  return gpus.length === 0 ? {} : { CUDA_VISIBLE_DEVICES: gpus.join(",") };
}
