import { existsSync } from "node:fs";
import { isSystemError } from "../../domain/systemError";
import { tryLock } from "../../store/lock";
import { killOwnGroup, startProgram } from "../program/command/startProgram";
import type { Exit } from "../program/exitFile";
import { JobFolder } from "../program/jobFolder";
import { writeAtomically } from "../program/jsonFile";
import { type Attempt, readAttempt, SYSTEM_ERROR } from "./attemptFile";
import type { RunnerArguments } from "./launchRunner";
import { identityOf } from "./processIdentity";

/**
 * Runs one attempt of one training. The runner is a separate process and leads its own session and process group, so it
 * keeps running when the server exits. Its output goes to the job's log. Its last action is to kill its group, so that
 * no child process of the program remains.
 */
async function main({ dataDir, id, command, hangTimeout, cancelGrace, ...launch }: RunnerArguments): Promise<void> {
  const folder = new JobFolder(dataDir, id);
  const unlock = tryLock(folder.lockFile);
  const previous = readAttempt(folder)?.attempt ?? 0;
  if (unlock === undefined || previous !== launch.attempt - 1 || existsSync(folder.cancelFile)) {
    // Another runner has started this attempt, or the job was cancelled.
    return;
  }
  process.on("SIGTERM", () => setTimeout(killOwnGroup, cancelGrace * 1000));
  process.on("SIGINT", () => {});
  const attempt: Attempt = { ...launch, pid: process.pid, identity: identityOf(process.pid) as string };
  // Write attempt.json before the program starts: a restarted server finds the process group in it.
  await writeAtomically(folder.attemptFile, JSON.stringify(attempt));
  let finished = false;
  const finish = async (exit: Omit<Exit, "attempt">) => {
    // A program can exit at the moment when the hang timeout expires. The first of the two counts.
    if (finished) return;
    finished = true;
    await writeAtomically(folder.exitFile, JSON.stringify({ attempt: launch.attempt, ...exit }));
    // This reference keeps the lock until now: garbage collection would release an unreferenced lock.
    unlock();
    killOwnGroup();
  };

  const program = { command: [...command, folder.path], cwd: folder.path, watched: [folder.progressFile], hangTimeout };
  startProgram(program, (exit) => void finish(exit));
  if (existsSync(folder.cancelFile)) {
    // The server may have sent SIGTERM before the program existed.
    process.kill(-process.pid, "SIGTERM");
  }
}

main(JSON.parse(process.argv[2] as string) as RunnerArguments).catch((error) => {
  console.error(`cannot run the training program: ${(error as Error).message}`);
  process.exit(isSystemError(error) ? SYSTEM_ERROR : 1);
});
