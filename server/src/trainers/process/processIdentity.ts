import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

const LINUX = process.platform === "linux";

/**
 * Tells a process from all others that ever had its number: when it was started, and in which run of the machine.
 *
 * @returns undefined when there is no such process, or only what its parent has not looked at yet (a zombie)
 */
export function identityOf(pid: number): string | undefined {
  const found = LINUX ? fromProc(pid) : fromPs(pid);
  return found === undefined || found.state === "Z" ? undefined : `${bootId()} ${found.started}`;
}

/** Whether an identity is of this run of the machine: after a reboot, numbers of groups say nothing either. */
export function isOfThisBoot(identity: string): boolean {
  return identity.startsWith(`${bootId()} `);
}

function bootId(): string {
  return LINUX ? readFileSync("/proc/sys/kernel/random/boot_id", "latin1").trim() : "";
}

function fromProc(pid: number): { state: string; started: string } | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    // The second field is the name in parentheses, which may hold anything; the third is the state, the 22nd the start.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return { state: fields[0] as string, started: fields[19] as string };
  } catch {
    return undefined;
  }
}

function fromPs(pid: number): { state: string; started: string } | undefined {
  try {
    const line = execFileSync("ps", ["-o", "state=,lstart=", "-p", String(pid)], { encoding: "utf8" }).trim();
    return { state: line.slice(0, 1), started: line.slice(line.indexOf(" ")).trim() };
  } catch {
    return undefined;
  }
}
