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
      skipUnlessCi(this, "there is no python3 here");
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
        // It has ended.
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

  /** Launches a line for the shell, as the leader of a group, like Ray. */
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

  it("gives the program the folder, the number of workers and the secrets, and keeps what it says", async () => {
    write("secrets.json", '{"TOKEN": "t"}');
    const options = ["--ray-workers", "3", "--secrets", join(path, "secrets.json")];
    const { code, stdout } = await launch('pwd; echo "$TOKEN" "$@"; echo no >&2; exit 3', options).end();
    assert.equal(code, 3);
    assert.equal(stdout, `${path}\nt ${path} --ray-workers 3\nno\n`);
    assert.equal(read("log.txt"), stdout);
    assert.deepEqual(JSON.parse(read("exit.json")), { attempt: 2, code: 3, signal: null });
  });

  it("says by which signal the program has ended", async () => {
    assert.equal((await launch("kill -9 $$").end()).code, 137);
    assert.deepEqual(JSON.parse(read("exit.json")), { attempt: 2, code: null, signal: "SIGKILL" });
  });

  it("says that there is no such program", async () => {
    assert.equal((await launchProgram(["/no/program"]).end()).code, 127);
    assert.match(read("log.txt"), /^cannot run \/no\/program: ENOENT/);
    assert.equal(JSON.parse(read("exit.json")).code, 127);
  });

  it("does nothing for a job that was cancelled, or for an attempt whose place another has taken", async () => {
    const old = await launch("touch began", [], 1).end();
    assert.equal(old.code, 75);
    assert.match(old.stdout, /attempt 2 has taken its place/);
    write("cancel", "");
    assert.equal((await launch("touch began").end()).code, 0);
    assert.ok(!existsSync(join(path, "began")) && !existsSync(join(path, "exit.json")));
  });

  it("ends the program when the job is cancelled, without a word from Ray", async () => {
    const { end } = launch("touch began; exec sleep 1000");
    await eventually("the program", async () => existsSync(join(path, "began")) || undefined);
    write("cancel", "");
    assert.equal((await end()).code, 143);
    assert.equal(JSON.parse(read("exit.json")).signal, "SIGTERM");
  });

  it("kills a cancelled program that does not end in the time it is given", async () => {
    const { end } = launch("trap '' TERM; touch began; sleep 1000 & wait; wait");
    await eventually("the program", async () => existsSync(join(path, "began")) || undefined);
    write("cancel", "");
    assert.equal((await end()).signal, "SIGKILL");
    assert.deepEqual(JSON.parse(read("exit.json")), { attempt: 2, code: null, signal: "SIGKILL" });
  });

  it("ends a program that tells nothing for too long, and all that it has started", async () => {
    const { end } = launch("sleep 1000 & wait", ["--hang-timeout", "0.2"]);
    assert.equal((await end()).signal, "SIGKILL");
    assert.deepEqual(JSON.parse(read("exit.json")), { attempt: 2, code: null, signal: "SIGKILL", hung: true });
  });

  it("takes waiting for room for several workers for no hang, and silence after the first word for one", async () => {
    const line = "sleep 1.5; touch waited; echo >> progress.jsonl; exec sleep 1000";
    const { end } = launch(line, ["--hang-timeout", "0.5", "--ray-workers", "2"]);
    await end();
    assert.ok(existsSync(join(path, "waited")));
    assert.equal(JSON.parse(read("exit.json")).hung, true);
  });

  it("waits until nothing of an earlier attempt is left, even when that one's launcher was killed", async () => {
    write("attempt.json", '{"attempt": 1}');
    const first = launch("touch began; sleep 2; touch over", [], 1);
    await eventually("the program", async () => existsSync(join(path, "began")) || undefined);
    first.child.kill("SIGKILL");
    write("attempt.json", '{"attempt": 2}');
    const { code } = await launch("test -e over").end();
    assert.equal(code, 0);
  });
});
