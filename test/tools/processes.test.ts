import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import { endProcessesWith, groupLeader, killWithParent, processesWith } from "../../tools/processes";

const onLinux = process.platform === "linux" ? it : it.skip;

describe("processes", () => {
  // Unique, so that processes of tests that run in parallel are not found.
  const mark = `PROCESSES_TEST=${process.pid}-${Date.now()}`;
  const env = { PROCESSES_TEST: mark.slice("PROCESSES_TEST=".length) };
  /** Starts a shell that waits for a child process. */
  const shell = () => execa("/bin/sh", ["-c", "sleep 60; true"], { ...groupLeader, env });

  const settled = async (count: number) => {
    for (let tries = 0; processesWith(mark).length !== count && tries < 50; tries++) await sleep(20);
    return processesWith(mark);
  };

  afterEach(() => {
    endProcessesWith(mark);
  });

  onLinux("finds all processes of a command by their environment", async () => {
    const child = killWithParent(shell());
    const found = await settled(2);
    assert.deepEqual(found.map(({ command }) => command).sort(), ["/bin/sh -c sleep 60; true", "sleep 60"]);
    endProcessesWith(mark);
    assert.equal((await child).signal, "SIGKILL");
    assert.deepEqual(await settled(0), []);
  });

  onLinux("kills a command and its child processes on timeout", async () => {
    const child = killWithParent(shell(), 300);
    await settled(2);
    assert.equal((await child).signal, "SIGKILL");
    assert.deepEqual(await settled(0), []);
  });
});
