import type { GroupResult, GroupTask } from "./runInGroup";
import { killOwnGroup, startProgram } from "./startProgram";

/**
 * Runs one command as the leader of its own process group, for `runInGroup`. Its last action is to kill the group, so
 * that no child process of the command remains. It also kills the group when the server dies, which closes the channel.
 */
function main(task: GroupTask): void {
  process.on("disconnect", killOwnGroup);
  // The server sends this signal to the whole group. The command decides when it exits.
  process.on("SIGTERM", () => {});
  const report = (result: GroupResult) => {
    if (process.connected) process.send?.(result, killOwnGroup);
    else killOwnGroup();
  };
  startProgram(task, report);
}

main(JSON.parse(process.argv[2] as string) as GroupTask);
