import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { killProcessGroup } from "../../../../server/src/trainers/process/processGroup";
import { identityOf } from "../../../../server/src/trainers/process/processIdentity";

describe("server: the end of a process group", () => {
  let parent: ChildProcess;

  afterEach(() => {
    parent.kill("SIGKILL");
  });

  it("is an error when a process remains, because it may still write into the job's folder", async () => {
    parent = spawn("sleep", ["30"], { detached: true, stdio: "ignore" });
    await once(parent, "spawn");
    const pid = parent.pid as number;
    const group = { pid, identity: identityOf(pid) as string };
    const { kill } = process;
    // A process that waits for a network disk ignores SIGKILL.
    process.kill = () => true;
    try {
      await assert.rejects(killProcessGroup(group, 50), { name: "TemporaryError" });
    } finally {
      process.kill = kill;
    }
    await killProcessGroup(group);
    assert.equal(identityOf(pid), undefined);
  });

  it("is no error when only a zombie remains, which its parent does not reap", async () => {
    const script =
      "import subprocess, time; p = subprocess.Popen(['sleep', '30'], start_new_session=True); print(p.pid, flush=True); time.sleep(30)";
    parent = spawn("python3", ["-c", script], { stdio: ["ignore", "pipe", "inherit"] });
    const [output] = await once(parent.stdout as NodeJS.ReadableStream, "data");
    const pid = Number(String(output));
    await killProcessGroup({ pid, identity: identityOf(pid) as string }, 50);
    assert.equal(process.kill(-pid, 0), true);
  });
});
