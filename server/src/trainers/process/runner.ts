import { spawn } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { tryLock } from "../../store/lock";
import type { Exit } from "../program/exitFile";
import { JobFolder } from "../program/jobFolder";
import { writeAtomically } from "../program/jsonFile";
import { type Attempt, readAttempt } from "./attemptFile";
import type { RunnerArguments } from "./launchRunner";
import { identityOf } from "./processIdentity";

/**
 * Runs one attempt of one training. It is a process of its own, the leader of its session and group, so that it outlives
 * the server; its output is the job's log. Nothing of it is left behind when it ends: its last act is to kill its group.
 */
async function main({ dataDir, id, command, hangTimeout, cancelGrace, ...launch }: RunnerArguments): Promise<void> {
  const folder = new JobFolder(dataDir, id);
  const unlock = tryLock(folder.lock);
  const previous = readAttempt(folder)?.attempt ?? 0;
  if (unlock === undefined || previous !== launch.attempt - 1 || existsSync(folder.cancel)) {
    // Another runner was faster, or nothing is wanted any more.
    return;
  }
  process.on("SIGTERM", () => setTimeout(killGroup, cancelGrace * 1000));
  process.on("SIGINT", () => {});
  const attempt: Attempt = { ...launch, pid: process.pid, identity: identityOf(process.pid) as string };
  // Before the launch: from now on, whoever finds the folder can find the group.
  await writeAtomically(folder.attempt, JSON.stringify(attempt));
  const finish = async (exit: Omit<Exit, "attempt">) => {
    await writeAtomically(folder.exit, JSON.stringify({ attempt: launch.attempt, ...exit }));
    // Also what keeps the lock until now: one that nothing refers to would be let go as garbage.
    unlock();
    killGroup();
  };

  const [program, ...args] = command as [string, ...string[]];
  const child = spawn(program, [...args, folder.path], { cwd: folder.path, stdio: ["ignore", "inherit", "inherit"] });
  child.once("error", (error) => {
    console.error(`cannot run ${program}: ${error.message}`);
    void finish({ code: 127, signal: null });
  });
  child.once("exit", (code, signal) => void finish({ code, signal }));
  whenSilent(folder.progress, hangTimeout * 1000, () => void finish({ code: null, signal: "SIGKILL", hung: true }));
  if (existsSync(folder.cancel)) {
    // The signal that comes with it may have come before the program was there.
    process.kill(-process.pid, "SIGTERM");
  }
}

/** Kills this process, too. */
function killGroup(): void {
  process.kill(-process.pid, "SIGKILL");
}

/** Calls back when a file has not grown for so long. It counts its own looks, so a machine's sleep is not part of it. */
function whenSilent(path: string, timeout: number, then: () => void): void {
  const interval = Math.min(1000, timeout / 4);
  let size = 0;
  let silent = 0;
  const timer = setInterval(() => {
    const now = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
    silent = now === size ? silent + interval : 0;
    size = now;
    if (silent >= timeout) {
      clearInterval(timer);
      then();
    }
  }, interval);
}

main(JSON.parse(process.argv[2] as string) as RunnerArguments).catch((error) => {
  console.error(`cannot run the training program: ${(error as Error).message}`);
  process.exit(1);
});
