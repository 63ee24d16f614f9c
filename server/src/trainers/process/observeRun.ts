import type { ChildProcess } from "node:child_process";
import type { StartedJob } from "../../domain/trainer";
import { readExit } from "../program/exitFile";
import type { JobFolder } from "../program/jobFolder";
import { exists } from "../program/jsonFile";
import type { Observation } from "../program/nextAction";
import type { ProgressFile } from "../program/progress/progressFile";
import { type Attempt, readAttempt } from "./attemptFile";
import { isAlive } from "./processGroup";

/** The state of a run in the memory of this server process. A restarted server restores the run from its folder. */
export interface AttachedRun {
  folder: JobFolder;
  /** The last attempt that was read from `attempt.json`. */
  lastAttempt?: Attempt | undefined;
  progress: ProgressFile;
  /** The base model. */
  model: string;
  /** The latest runner that this server process has launched. */
  runner?: ChildProcess;
  /** The number of the attempt that `runner` was launched for. */
  attempt?: number;
  /** The number of runners that were launched for `attempt`. */
  launches: number;
  /** The number of GPUs of the training, once it is known. */
  gpuCount?: number;
  /** SIGTERM was sent to the process group. */
  terminationSent: boolean;
}

/** Observes a run. Checks liveness before reading files: a dead process no longer writes, so the files are final. */
export function observeRun(
  attached: AttachedRun,
  { cancelRequestedAt }: StartedJob,
): Observation & { attempt: Attempt | undefined } {
  const { folder, runner } = attached;
  const launching = runner !== undefined && isRunning(runner);
  const attempt = readAttempt(folder);
  attached.lastAttempt = attempt;
  const alive = launching || (attempt !== undefined && isAlive(attempt));
  return {
    alive,
    attempt,
    exit: readExit(folder),
    hasArtifact: exists(folder.artifactFolder),
    cancelled: cancelRequestedAt !== undefined,
  };
}

/** Whether a child process has not ended. Its process ID may belong to another process afterwards. */
export function isRunning({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode === null && signalCode === null;
}
