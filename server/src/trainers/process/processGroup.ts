import { setTimeout as sleep } from "node:timers/promises";
import { identityOf, isOfThisBoot } from "./processIdentity";

/** The process group of an attempt: the runner that leads it, the program, and all that it has started. */
export interface ProcessGroup {
  /** The runner's, and so the group's. */
  pid: number;
  identity: string;
}

/** How long the system may take to end killed processes, in milliseconds. */
const KILL_TIMEOUT_MS = 5000;

export function isAlive({ pid, identity }: ProcessGroup): boolean {
  return identityOf(pid) === identity;
}

/** @returns whether there was anybody to signal */
export function signalGroup(group: ProcessGroup, signal: NodeJS.Signals | 0): boolean {
  const leader = identityOf(group.pid);
  // While a group has members, the number of its leader is given to nobody else.
  if (!isOfThisBoot(group.identity) || (leader !== undefined && leader !== group.identity)) {
    return false;
  }
  try {
    return process.kill(-group.pid, signal);
  } catch {
    return false;
  }
}

/** Ends what is left of an attempt whose runner was killed: two programs must never write into one folder. */
export async function killProcessGroup(group: ProcessGroup): Promise<void> {
  for (const deadline = Date.now() + KILL_TIMEOUT_MS; signalGroup(group, "SIGKILL") && Date.now() < deadline; ) {
    await sleep(10);
  }
}
