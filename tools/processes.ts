import { readdirSync, readFileSync } from "node:fs";
import { onExit } from "signal-exit";

/** Options for execa: the command leads a process group, so that what it starts can be ended with it; failing does not throw. */
export const groupLeader = { detached: true, reject: false } as const;

interface Child {
  pid?: number | undefined;
  once(event: "exit", listener: () => void): unknown;
}

/**
 * Ends a group leader and its group when the time is up or when this process goes. To kill the leader alone would leave
 * the shell or the compiler that it started.
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

/** Sends a signal to a process group; one that is gone already is no failure. */
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
 * The live processes whose environment has `entry` (`NAME=value`). Pulumi gives each provider a process group of its own,
 * so the environment is the one mark that everything under a CLI shares. Only Linux shows it to others; elsewhere: none.
 */
export function processesWith(entry: string): RunningProcess[] {
  if (process.platform !== "linux") return [];
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((pid) => readProc(pid, "environ").split("\0").includes(entry))
    .map((pid) => ({ pid: Number(pid), command: readProc(pid, "cmdline").replaceAll("\0", " ").trim() }));
}

/** Empty for a process that ended meanwhile, a zombie, or another user's. */
function readProc(pid: string, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    return "";
  }
}

/** Kills what `processesWith` finds, and returns it. */
export function endProcessesWith(entry: string): RunningProcess[] {
  const found = processesWith(entry);
  for (const { pid } of found) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // It ended by itself between the look and the kill.
    }
  }
  return found;
}
