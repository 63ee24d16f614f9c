import { setTimeout as sleep } from "node:timers/promises";
import { TemporaryError } from "../../domain/systemError";
import { hasLivingMember, identityOf, isOfThisBoot } from "./processIdentity";

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

/**
 * Kills the remaining processes of an attempt. Two programs must never write into the same job folder.
 *
 * @param timeoutMs the longest wait for the processes to disappear, in milliseconds
 * @throws {TemporaryError} when a process remains, for example because it waits for a network disk
 */
export async function killProcessGroup(group: ProcessGroup, timeoutMs = KILL_TIMEOUT_MS): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (signalGroup(group, "SIGKILL")) {
    if (performance.now() >= deadline) {
      // A zombie, whose parent does not reap it, writes no more.
      if (!hasLivingMember(group.pid)) return;
      throw new TemporaryError("A process of a training cannot be killed");
    }
    await sleep(10);
  }
}
