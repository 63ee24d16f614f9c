import type { ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import type { Run } from "../../domain/trainer";
import { readExit } from "../program/exitFile";
import type { JobFolder } from "../program/jobFolder";
import type { Observation } from "../program/nextAction";
import type { ProgressFile } from "../program/progressFile";
import { type Attempt, readAttempt } from "./attemptFile";
import { isAlive } from "./processGroup";

/** What this process remembers of a run; all that matters is in the folder. */
export interface Attached {
  folder: JobFolder;
  progress: ProgressFile;
  /** The latest runner that this process has launched, for which attempt, and how often for that one. */
  runner?: ChildProcess;
  attempt?: number;
  launches: number;
  /** The group was asked to end. */
  terminationSent: boolean;
}

/** Looks at a run. The runnerArguments counts: what a process does before it ends is seen when its end is. */
export function observeRun(
  { folder, runner }: Attached,
  { cancelRequestedAt }: Run,
): Observation & { attempt: Attempt | undefined } {
  const launching = runner?.pid !== undefined && runner.exitCode === null && runner.signalCode === null;
  const attempt = readAttempt(folder);
  const alive = launching || (attempt !== undefined && isAlive(attempt));
  return {
    alive,
    attempt,
    exit: readExit(folder),
    artifact: existsSync(folder.artifact),
    cancelled: cancelRequestedAt !== undefined,
  };
}
