import { spawn } from "node:child_process";
import { onHang } from "./onHang";
import type { GroupResult, GroupTask } from "./runInGroup";

/**
 * Runs one command as the leader of its own process group, for `runInGroup`. Its last action is to kill the group, so
 * that no child process of the command remains. It also kills the group when the server dies, which closes the channel.
 */
function main({ command, watched, hangTimeout }: GroupTask): void {
  process.on("disconnect", killGroup);
  // The server sends this signal to the whole group. The command decides when it exits.
  process.on("SIGTERM", () => {});
  const report = (result: GroupResult) => {
    if (process.connected) process.send?.(result, killGroup);
    else killGroup();
  };
  const [program, ...args] = command as [string, ...string[]];
  const child = spawn(program, args, { stdio: ["ignore", "inherit", "inherit"] });
  child.once("error", (error) => {
    console.error(`cannot run ${program}: ${error.message}`);
    report({ code: 127, signal: null });
  });
  child.once("exit", (code, signal) => report({ code, signal }));
  if (hangTimeout !== undefined) {
    onHang(watched, hangTimeout * 1000, () => report({ code: null, signal: "SIGKILL", hung: true }));
  }
}

/** Kills the whole process group, including this process. */
function killGroup(): void {
  process.kill(-process.pid, "SIGKILL");
}

main(JSON.parse(process.argv[2] as string) as GroupTask);
