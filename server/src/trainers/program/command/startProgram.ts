import { spawn } from "node:child_process";
import { onHang } from "./onHang";
import { acceptOomKiller } from "./oomScore";
import type { GroupResult, GroupTask } from "./runInGroup";

/**
 * Starts a program whose output goes to that of this process.
 *
 * @param ended called when the program has ended or hangs; can be called more than once
 */
export function startProgram(
  { command, watched, hangTimeout, cwd }: GroupTask & { cwd?: string },
  ended: (result: GroupResult) => void,
): void {
  acceptOomKiller();
  const [program, ...args] = command as [string, ...string[]];
  const child = spawn(program, args, { cwd, stdio: ["ignore", "inherit", "inherit"] });
  child.once("error", (error) => {
    console.error(`cannot run ${program}: ${error.message}`);
    ended({ code: 127, signal: null });
  });
  child.once("exit", (code, signal) => ended({ code, signal }));
  if (hangTimeout !== undefined) {
    onHang(watched, hangTimeout * 1000, () => ended({ code: null, signal: "SIGKILL", hung: true }));
  }
}

/** Kills the process group that this process leads, including this process. */
export function killOwnGroup(): void {
  process.kill(-process.pid, "SIGKILL");
}
