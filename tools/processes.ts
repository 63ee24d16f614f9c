import { readdirSync, readFileSync } from "node:fs";
import { onExit } from "signal-exit";

/** Options for execa: the command leads a process group, so that its child processes can be ended with it. A failure does not throw. */
export const groupLeader = { detached: true, reject: false } as const;

interface Child {
  pid?: number | undefined;
  once(event: "exit", listener: () => void): unknown;
}

/**
 * Kills a group leader and its group on timeout and when this process exits. Killing only the leader would leave the shell or the
 * compiler that it started.
 */
export function killWithParent<T extends Child>(child: T, timeoutMs?: number): T {
  const end = () => signalGroup(child.pid, "SIGKILL");
  const timer = timeoutMs === undefined ? undefined : setTimeout(end, timeoutMs);
  const forgetExit = onExit(end);
  child.once("exit", () => {
    clearTimeout(timer);
    forgetExit();
  });
  return child;
}

/** Sends a signal to a process group. Does nothing when the group no longer exists. */
export function signalGroup(leader: number | undefined, signal: NodeJS.Signals): void {
  if (leader === undefined) return;
  try {
    process.kill(-leader, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

export interface RunningProcess {
  pid: number;
  command: string;
}

/**
 * Returns the running processes whose environment contains `entry` (`NAME=value`). Pulumi starts each provider in a separate process
 * group, so the environment is the only property that all processes of a CLI share. Linux only; empty on other systems.
 */
export function processesWith(entry: string): RunningProcess[] {
  if (process.platform !== "linux") return [];
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((pid) => readProc(pid, "environ").split("\0").includes(entry))
    .map((pid) => ({ pid: Number(pid), command: readProc(pid, "cmdline").replaceAll("\0", " ").trim() }));
}

/** Returns an empty string for a process that has ended, a zombie, or a process of another user. */
function readProc(pid: string, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    return "";
  }
}

/** Kills the processes that `processesWith` finds. @returns these processes */
export function endProcessesWith(entry: string): RunningProcess[] {
  const found = processesWith(entry);
  for (const { pid } of found) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // The process has ended in the meantime.
    }
  }
  return found;
}
