import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { join } from "node:path";
import type { AttemptFields } from "../program/attempt";
import { JobFolder } from "../program/jobFolder";

/** What a runner is told. */
export interface RunnerArguments extends AttemptFields {
  dataDir: string;
  id: string;
  /** The program and its arguments; the folder's path follows them. */
  command: readonly string[];
  /** Seconds without a new line in `progress.jsonl` after which the program is ended. */
  hangTimeout: number;
  /** Seconds that a program may take to end after SIGTERM. */
  cancelGrace: number;
}

const RUNNER = join(__dirname, "runner.js");

/**
 * Starts a runner that outlives this process.
 *
 * @param secrets what the program gets in its environment, besides the server's own
 */
export function launchRunner(runnerArguments: RunnerArguments, secrets: Record<string, string>): ChildProcess {
  const folder = new JobFolder(runnerArguments.dataDir, runnerArguments.id);
  const { MISTRAL_SERVER_API_KEYS: _, ...env } = process.env;
  const log = openSync(folder.log, "a", 0o600);
  try {
    const runner = spawn(process.execPath, [RUNNER, JSON.stringify(runnerArguments)], {
      cwd: folder.path,
      detached: true,
      stdio: ["ignore", log, log],
      env: { PYTHONUNBUFFERED: "1", ...env, ...secrets },
    });
    // A runner that cannot even be started is one that has ended without an attempt.
    runner.once("error", () => {});
    runner.unref();
    return runner;
  } finally {
    closeSync(log);
  }
}
