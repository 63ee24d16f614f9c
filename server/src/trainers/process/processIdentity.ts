import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

const LINUX = process.platform === "linux";

/**
 * Returns a string that distinguishes a process from every other process with the same ID: the boot ID and the start
 * time.
 *
 * @returns undefined when the process does not exist or is a zombie
 * @throws when the process cannot be observed, for example because too many files are open
 */
export function identityOf(pid: number): string | undefined {
  const found = LINUX ? fromProc(pid) : fromPs(pid);
  return found === undefined || found.state === "Z" ? undefined : `${bootId()} ${found.started}`;
}

/** Returns whether an identity is from the current boot. After a reboot, IDs of process groups are reused. */
export function isOfThisBoot(identity: string): boolean {
  return identity.startsWith(`${bootId()} `);
}

let cachedBootId: string | undefined;

function bootId(): string {
  cachedBootId ??= LINUX ? readFileSync("/proc/sys/kernel/random/boot_id", "latin1").trim() : "";
  return cachedBootId;
}

function fromProc(pid: number): { state: string; started: string } | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    // The second field is the name in parentheses, which may contain any character. The third is the state, the 22nd
    // the start time.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return { state: fields[0] as string, started: fields[19] as string };
  } catch (error) {
    return undefinedIfGone(error, ["ENOENT", "ESRCH"]);
  }
}

function fromPs(pid: number): { state: string; started: string } | undefined {
  try {
    const line = execFileSync("ps", ["-o", "state=,lstart=", "-p", String(pid)], { encoding: "utf8" }).trim();
    return { state: line.slice(0, 1), started: line.slice(line.indexOf(" ")).trim() };
  } catch (error) {
    // `ps` exits with an error, which has no code, when there is no such process.
    return undefinedIfGone(error, [undefined]);
  }
}

/** Throws other errors, such as EMFILE: a process that cannot be observed may be running. */
function undefinedIfGone(error: unknown, codes: (string | undefined)[]): undefined {
  if (!codes.includes((error as NodeJS.ErrnoException).code)) throw error;
}
