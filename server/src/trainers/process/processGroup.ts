import { setTimeout as sleep } from "node:timers/promises";
import { identityOf, isOfThisBoot } from "./processIdentity";

/** The process group of an attempt: the runner, which is the group leader, the training program and its children. */
export interface ProcessGroup {
  /** The process ID of the runner, which is also the ID of the group. */
  pid: number;
  /** See `identityOf`. */
  identity: string;
}

/** The longest wait for killed processes to disappear, in milliseconds. */
const KILL_TIMEOUT_MS = 5000;

export function isAlive({ pid, identity }: ProcessGroup): boolean {
  return identityOf(pid) === identity;
}

/** Sends a signal to every process of the group. @returns false when the group no longer has a process */
export function signalGroup(group: ProcessGroup, signal: NodeJS.Signals | 0): boolean {
  const leader = identityOf(group.pid);
  // The kernel does not reuse a leader's process ID while its group has members. So another process with this ID proves
  // that the group is gone.
  if (!isOfThisBoot(group.identity) || (leader !== undefined && leader !== group.identity)) {
    return false;
  }
  try {
    return process.kill(-group.pid, signal);
  } catch {
    return false;
  }
}

/** Kills the remaining processes of an attempt. Two programs must never write into the same job folder. */
export async function killProcessGroup(group: ProcessGroup): Promise<void> {
  for (
    const deadline = performance.now() + KILL_TIMEOUT_MS;
    signalGroup(group, "SIGKILL") && performance.now() < deadline;
  ) {
    await sleep(10);
  }
}
