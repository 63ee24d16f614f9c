import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { skipUnlessCi } from "../../../support/ci";
import { eventually } from "../../../support/eventually";
import { folder, removeFolders } from "../../support";

const LAUNCHER = join(__dirname, "../../../../server/recipes/ray/launch.py");

describe("server: the launcher on a node of a Ray cluster", () => {
  let path: string;
  const groups = new Set<ChildProcess>();

  before(function () {
    if (spawnSync("python3", ["--version"]).status !== 0) {
      skipUnlessCi(this, "python3 is not installed");
    }
  });

  beforeEach(() => {
    path = folder();
    copyFileSync(LAUNCHER, join(path, "launch.py"));
    write("attempt.json", '{"attempt": 2}');
  });

  afterEach(() => {
    for (const { pid } of groups) {
      try {
        process.kill(-(pid as number), "SIGKILL");
      } catch {
        // The group has already ended.
      }
    }
    groups.clear();
    removeFolders();
  });

  function write(name: string, content: string): void {
    writeFileSync(join(path, name), content);
  }

  function read(name: string): string {
    return readFileSync(join(path, name), "utf8");
  }

  /** Launches a shell command as the leader of a process group, like Ray does. */
  function launch(line: string, options: string[] = [], attempt = 2) {
    return launchProgram(["/bin/sh", "-c", line, "sh"], options, attempt);
  }

  function launchProgram(command: string[], options: string[] = [], attempt = 2) {
    const fixed = ["--attempt", String(attempt), "--hang-timeout", "60", "--cancel-grace", "1", ...options];
    const child = spawn("python3", [join(path, "launch.py"), ...fixed, "--", ...command], {
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
    });
    groups.add(child);
    const ended = Promise.all([text(child.stdout), text(child.stderr), once(child, "exit")]);
    return {
      child,
      end: () => ended.then(([stdout, stderr]) => ({ code: child.exitCode, signal: child.signalCode, stdout, stderr })),
    };
  }

  it("passes the folder, the number of workers and the secrets to the program, and logs its output", async () => {
    write("secrets.json", '{"TOKEN": "t"}');
    const options = ["--ray-workers", "3", "--secrets", join(path, "secrets.json")];
    const { code, stdout } = await launch(
      'pwd; echo "$TOKEN" "$@"; echo "$JOB_SECRETS_FILE"; echo no >&2; exit 3',
      options,
    ).end();
    assert.equal(code, 3);
    assert.equal(stdout, `${path}\nt ${path} --ray-workers 3\n${path}/secrets.json\nno\n`);
    assert.equal(read("log.txt"), stdout);
    assert.deepEqual(JSON.parse(read("exit.json")), { attempt: 2, code: 3, signal: null });
  });

  it("records the signal that killed the program", async () => {
    assert.equal((await launch("kill -9 $$").end()).code, 137);
    assert.deepEqual(JSON.parse(read("exit.json")), { attempt: 2, code: null, signal: "SIGKILL" });
  });

  it("reports a program that does not exist", async () => {
    assert.equal((await launchProgram(["/no/program"]).end()).code, 127);
    assert.match(read("log.txt"), /^cannot run \/no\/program: ENOENT/);
    assert.equal(JSON.parse(read("exit.json")).code, 127);
  });

  it("does nothing for a cancelled job or an obsolete attempt", async () => {
    const old = await launch("touch began", [], 1).end();
    assert.equal(old.code, 75);
    assert.match(old.stdout, /attempt 2 has replaced it/);
    write("cancel", "");
    assert.equal((await launch("touch began").end()).code, 0);
    assert.ok(!existsSync(join(path, "began")) && !existsSync(join(path, "exit.json")));
  });

  it("terminates the program when the job is cancelled, without a signal from Ray", async () => {
    const { end } = launch("touch began; exec sleep 1000");
    await eventually("the program", async () => existsSync(join(path, "began")) || undefined);
    write("cancel", "");
    assert.equal((await end()).code, 143);
    assert.equal(JSON.parse(read("exit.json")).signal, "SIGTERM");
  });

  it("kills a cancelled program that does not exit within the grace period", async () => {
    const { end } = launch("trap '' TERM; touch began; sleep 1000 & wait; wait");
    await eventually("the program", async () => existsSync(join(path, "began")) || undefined);
    write("cancel", "");
    assert.equal((await end()).signal, "SIGKILL");
    assert.deepEqual(JSON.parse(read("exit.json")), { attempt: 2, code: null, signal: "SIGKILL" });
  });

  it("kills a program without progress and its children after the hang timeout", async () => {
    const { end } = launch("sleep 1000 & wait", ["--hang-timeout", "0.2"]);
    assert.equal((await end()).signal, "SIGKILL");
    assert.deepEqual(JSON.parse(read("exit.json")), { attempt: 2, code: null, signal: "SIGKILL", hung: true });
  });

  it("starts the hang timeout with the first progress when there are several workers", async () => {
    const line = "sleep 1.5; touch waited; echo >> progress.jsonl; exec sleep 1000";
    const { end } = launch(line, ["--hang-timeout", "0.5", "--ray-workers", "2"]);
    await end();
    assert.ok(existsSync(join(path, "waited")));
    assert.equal(JSON.parse(read("exit.json")).hung, true);
  });

  it("waits until all processes of an earlier attempt have ended, even when its launcher was killed", async () => {
    write("attempt.json", '{"attempt": 1}');
    const first = launch("touch began; sleep 2; touch over", [], 1);
    await eventually("the program", async () => existsSync(join(path, "began")) || undefined);
    first.child.kill("SIGKILL");
    write("attempt.json", '{"attempt": 2}');
    const { code } = await launch("test -e over").end();
    assert.equal(code, 0);
  });
});
