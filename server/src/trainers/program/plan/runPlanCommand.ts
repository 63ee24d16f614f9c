import { closeSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { ZodError } from "zod";
import { isSystemError } from "../../../domain/systemError";
import { withoutGpu } from "../command/environment";
import { SHORT_GRACE } from "../command/program";
import { type GroupResult, runInGroup, wasKilled } from "../command/runInGroup";
import type { JobFolder } from "../jobFolder";
import { readJson } from "../jsonFile";
import { openLog } from "../programFile";
import { type PlanFile, planFile } from "./planFile";

/** A program that something else terminates, for example a shutdown of the machine, runs again this many times. */
const MAX_RELAUNCHES = 2;
const RELAUNCH_DELAY_MS = 1000;

export interface PlanCommand {
  /** The program and its first arguments. */
  command: readonly string[];
  /** More than 1: the training runs with this number of Ray workers. */
  rayWorkers: number;
  /** With the job's secrets. */
  environment: NodeJS.ProcessEnv;
  /** Seconds without output after which the program is killed. */
  hangTimeout: number;
}

/**
 * Runs `<command> plan FOLDER` until it has written `plan.json`. Its output is appended to the job's log.
 *
 * @returns the plan, or why there is none
 * @throws the reason of `signal` when it aborts, after the program has ended
 */
export async function runPlanCommand(
  folder: JobFolder,
  { command, rayWorkers, environment, hangTimeout }: PlanCommand,
  signal: AbortSignal,
): Promise<PlanFile | { status: "failed"; reason: string }> {
  const line = [...command, "plan", folder.path, ...(rayWorkers > 1 ? ["--ray-workers", String(rayWorkers)] : [])];
  for (let launches = 1; ; launches += 1) {
    const log = openLog(folder.logFile);
    let ended: GroupResult;
    try {
      ended = await runInGroup(line, {
        cwd: folder.path,
        env: withoutGpu(environment),
        signal,
        grace: SHORT_GRACE,
        output: log,
        watched: [folder.logFile, folder.progressFile],
        hangTimeout,
      });
    } finally {
      closeSync(log);
    }
    const file = readPlan(folder);
    if (typeof file === "object") return file;
    if (ended.hung || !wasKilled(ended) || launches > MAX_RELAUNCHES) {
      return { status: "failed", reason: file === undefined ? reasonOf(ended) : `${reasonOf(ended)}: ${file}` };
    }
    await sleep(RELAUNCH_DELAY_MS, undefined, { signal });
  }
}

/** Returns the plan, undefined when there is no `plan.json`, or what is wrong with the file. */
export function readPlan(folder: JobFolder): PlanFile | string | undefined {
  try {
    return readJson(folder.planFile, planFile);
  } catch (error) {
    if (isSystemError(error)) throw error;
    return `plan.json is invalid: ${explain(error)}`;
  }
}

function explain(error: unknown): string {
  const [issue] = error instanceof ZodError ? error.issues : [];
  return issue === undefined ? (error as Error).message : `${issue.path.join(".")}: ${issue.message}`;
}

function reasonOf({ code, signal, hung }: GroupResult): string {
  if (hung)
    return "The training program hung while it planned the training: it wrote no output within the hang timeout";
  if (signal !== null || code === 137) {
    return `The training program was killed while it planned the training (${signal ?? "SIGKILL"}); check the memory of the server's machine`;
  }
  return code === 0
    ? "The training program did not write a plan"
    : `The training program failed to plan the training, with exit code ${code}`;
}
