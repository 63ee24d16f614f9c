import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { RUNNER } from "./launchRunner";

/**
 * Finds the runners of a job by their command lines, for a job whose `attempt.json` is damaged.
 *
 * @returns their process IDs
 */
export function findRunners(jobId: string): number[] {
  const processes = process.platform === "linux" ? fromProc() : fromPs();
  return processes
    .filter(({ command }) => command.includes(RUNNER) && command.includes(`"id":${JSON.stringify(jobId)}`))
    .map(({ pid }) => pid);
}

interface Process {
  pid: number;
  command: string;
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
    // The process has ended meanwhile.
    if (code === "ENOENT" || code === "ESRCH") return "";
    throw error;
  }
}

function fromPs(): Process[] {
  const output = execFileSync("ps", ["-A", "-ww", "-o", "pid=,args="], { encoding: "utf8" });
  return output.split("\n").map((line) => ({ pid: Number.parseInt(line, 10), command: line }));
}
