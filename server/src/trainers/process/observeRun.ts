import type { ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import type { StartedJob } from "../../domain/trainer";
import { readExit } from "../program/exitFile";
import type { JobFolder } from "../program/jobFolder";
import type { Observation } from "../program/nextAction";
import type { ProgressFile } from "../program/progress/progressFile";
import { type Attempt, readAttempt } from "./attemptFile";
import { isAlive } from "./processGroup";

/** The state of a run in the memory of this server process. A restarted server restores the run from its folder. */
export interface AttachedRun {
  folder: JobFolder;
  progress: ProgressFile;
  /** The latest runner that this server process has launched. */
  runner?: ChildProcess;
  /** The number of the attempt that `runner` was launched for. */
  attempt?: number;
  /** The number of runners that were launched for `attempt`. */
  launches: number;
  /** SIGTERM was sent to the process group. */
  terminationSent: boolean;
}

/** Observes a run. Checks liveness before reading files: a dead process no longer writes, so the files are final. */
export function observeRun(
  { folder, runner }: AttachedRun,
  { cancelRequestedAt }: StartedJob,
): Observation & { attempt: Attempt | undefined } {
  const launching = runner?.pid !== undefined && runner.exitCode === null && runner.signalCode === null;
  const attempt = readAttempt(folder);
  const alive = launching || (attempt !== undefined && isAlive(attempt));
  return {
    alive,
    attempt,
    exit: readExit(folder),
    hasArtifact: existsSync(folder.artifactFolder),
    cancelled: cancelRequestedAt !== undefined,
  };
}
