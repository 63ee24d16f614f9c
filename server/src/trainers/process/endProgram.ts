import { isSystemError } from "../../domain/systemError";
import { exitOfAttempt } from "../program/exitFile";
import type { JobFolder } from "../program/jobFolder";
import { type Attempt, readAttempt } from "./attemptFile";
import { findRunners } from "./findRunners";
import { type AttachedRun, isRunning } from "./observeRun";
import { killProcessGroup } from "./processGroup";
import { identityOf } from "./processIdentity";

/**
 * Kills the program of a job that has ended, and its runner. Does nothing when the exit of the program is recorded.
 *
 * @param attached the state of the run in this process; it knows a runner that has not written `attempt.json` yet
 * @throws a system error when the program may still be running
 */
export async function endProgram(folder: JobFolder, attached?: AttachedRun): Promise<void> {
  let attempt: Attempt | undefined;
  let hasEnded: boolean;
  try {
    attempt = readAttempt(folder);
    hasEnded = attempt === undefined || exitOfAttempt(folder, attempt) !== undefined;
  } catch (error) {
    if (isSystemError(error)) throw error;
    // The file is damaged, which may be why the job has failed.
    attempt = attached?.lastAttempt;
    hasEnded = false;
  }
  if (attempt !== undefined && !hasEnded) await killProcessGroup(attempt);
  const starting = attached?.runner !== undefined && isRunning(attached.runner) ? attached.runner.pid : undefined;
  const runners = attempt === undefined && !hasEnded ? findRunners(folder.id) : [];
  for (const pid of new Set([...runners, ...(starting === undefined ? [] : [starting])])) {
    const identity = identityOf(pid);
    if (identity !== undefined) await killProcessGroup({ pid, identity });
  }
}
