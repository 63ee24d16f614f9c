import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

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

/** Whether a process group has a process that is not a zombie. Reads the states of all processes of this machine. */
export function hasLivingMember(group: number): boolean {
  const processes = LINUX
    ? readdirSync("/proc")
        .filter((name) => /^\d+$/.test(name))
        .map((name) => fromProc(Number(name), HIDDEN))
    : listWithPs();
  return processes.some((each) => each !== undefined && each.group === group && each.state !== "Z");
}

let cachedBootId: string | undefined;

function bootId(): string {
  cachedBootId ??= LINUX ? readFileSync("/proc/sys/kernel/random/boot_id", "latin1").trim() : "";
  return cachedBootId;
}

/** The option `hidepid` hides the processes of other users. */
const HIDDEN = ["EACCES", "EPERM"];

/** @param codes further errors that count as a missing process */
function fromProc(pid: number, codes: string[] = []): { state: string; group: number; started: string } | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    // The second field is the name in parentheses, which may contain any character. The third is the state, the fifth the
    // process group, the 22nd the start time.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return { state: fields[0] as string, group: Number(fields[2]), started: fields[19] as string };
  } catch (error) {
    return undefinedIfGone(error, ["ENOENT", "ESRCH", ...codes]);
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

function listWithPs(): { state: string; group: number }[] {
  const output = execFileSync("ps", ["-A", "-o", "pgid=,state="], { encoding: "utf8" });
  return output.split("\n").map((line) => {
    const [group, state = ""] = line.trim().split(/\s+/);
    return { group: Number(group), state: state.slice(0, 1) };
  });
}

/** Throws other errors, such as EMFILE: a process that cannot be observed may be running. */
function undefinedIfGone(error: unknown, codes: (string | undefined)[]): undefined {
  if (!codes.includes((error as NodeJS.ErrnoException).code)) throw error;
}
