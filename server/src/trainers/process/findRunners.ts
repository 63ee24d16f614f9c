import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { RUNNER } from "./launchRunner";
import { isAlive, type ProcessGroup } from "./processGroup";
import { identityOf } from "./processIdentity";

/**
 * Finds the runners of a job by their command lines, for a job whose `attempt.json` is damaged.
 *
 * @returns their process IDs
 */
export function findRunners(jobId: string): number[] {
  return listRunners()
    .filter((runner) => isRunnerOf(runner, jobId))
    .map(({ pid }) => pid);
}

/**
 * The runners that an earlier server process had launched when this one started. Listed once: no other server can launch
 * one in the same data folder, and hundreds of jobs ask for theirs.
 */
export class EarlierRunners {
  private runners: (Process & ProcessGroup)[] | undefined;

  /** Whether a runner of the job is running. It may not have written `attempt.json` yet. */
  isRunning(jobId: string): boolean {
    this.runners ??= listRunners().flatMap((runner) => {
      const identity = identityOf(runner.pid);
      return identity === undefined ? [] : [{ ...runner, identity }];
    });
    return this.runners.some((runner) => isRunnerOf(runner, jobId) && isAlive(runner));
  }
}

interface Process {
  pid: number;
  command: string;
}

/** Returns the runners of all jobs. Reads the command lines of all processes of this machine. */
function listRunners(): Process[] {
  const processes = process.platform === "linux" ? fromProc() : fromPs();
  return processes.filter(({ command }) => command.includes(RUNNER));
}

function isRunnerOf({ command }: Process, jobId: string): boolean {
  return command.includes(`"id":${JSON.stringify(jobId)}`);
}

/** Not `ps`, which small container images do not have. */
function fromProc(): Process[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => ({ pid: Number(pid), command: commandOf(pid) }));
}

function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8");
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    // The process has ended meanwhile, or the option `hidepid` hides the processes of other users.
    if (["ENOENT", "ESRCH", "EACCES", "EPERM"].includes(code)) return "";
    throw error;
  }
}

function fromPs(): Process[] {
  const output = execFileSync("ps", ["-A", "-ww", "-o", "pid=,args="], { encoding: "utf8" });
  return output.split("\n").map((line) => ({ pid: Number.parseInt(line, 10), command: line }));
}
