import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import fs, { chmodSync, mkdtempSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseKeys } from "../../../server/src/http/access/keyEntries";
import { Keys } from "../../../server/src/http/auth";
import { KeysFile } from "../../../server/src/http/keysFile";
import type { Logger } from "../../../server/src/log";
import { Api, withServer } from "../support";

/** Longer than the server waits for a file that is being written. */
const SETTLED_MS = 250;

interface LogLine {
  level: string;
  text: string;
  fields: Record<string, unknown>;
}

function recordingLog(): { lines: LogLine[]; log: Logger } {
  const lines: LogLine[] = [];
  const level = (name: string) => (fields: Record<string, unknown>, text: string) =>
    lines.push({ level: name, text, fields });
  return { lines, log: { info: level("info"), warn: level("warn"), error: level("error") } as unknown as Logger };
}

describe("server: the keys file", () => {
  const folder = mkdtempSync(join(tmpdir(), "keys-file-"));
  const path = join(folder, "keys");
  after(() => rmSync(folder, { recursive: true }));

  const write = (content: string) => writeFileSync(path, content, { mode: 0o600 });
  const replace = (content: string) => {
    writeFileSync(`${path}.new`, content, { mode: 0o600 });
    renameSync(`${path}.new`, path);
  };
  const open = (content = "one\ntwo workspace=team\n", fixed: string[] = []) => {
    rmSync(path, { force: true });
    write(content);
    chmodSync(path, 0o600);
    const { lines, log } = recordingLog();
    const keys = new Keys(fixed, new KeysFile(path, log));
    return { lines, keys, workspace: (key: string) => keys.identify(`Bearer ${key}`)?.workspace };
  };

  it("gives each key its workspace, and ignores comments and blank lines", () => {
    const { workspace } = open("# comment\n\n one \r\ntwo\tworkspace=team-2_x  \n");
    assert.deepEqual(["one", "two", "three"].map(workspace), ["default", "team-2_x", undefined]);
  });

  it("gives each key the name of its owner, in any order, and names a removed key by its hash", async () => {
    const { keys, workspace } = open(
      "one name=Anna\ntwo name=ben@example.com workspace=team\nthree workspace=team name=Zoë-3\nfour\n",
      ["four name=Dana", "five"],
    );
    const hashes = ["one", "two", "three", "four", "five"].map((key) => createHash("sha256").update(key).digest("hex"));
    const names = () => hashes.map((hash) => keys.nameOf(hash));
    assert.deepEqual(names(), ["Anna", "ben@example.com", "Zoë-3", "Dana", hashes[4]?.slice(0, 8)]);
    assert.deepEqual(["one", "two", "three"].map(workspace), ["default", "team", "team"]);
    assert.equal(keys.nameOf("anonymous"), "anonymous");
    write("one\ntwo name=Ben workspace=team\n");
    await sleep(SETTLED_MS);
    assert.deepEqual(names().slice(0, 3), [hashes[0]?.slice(0, 8), "Ben", hashes[2]?.slice(0, 8)]);
  });

  it("is checked once for the names of many owners", () => {
    let checks = 0;
    const current = () => {
      checks += 1;
      return parseKeys(["one name=Anna", "two name=Ben"]);
    };
    const keys = new Keys([], { current });
    checks = 0;
    const names = ["one", "two"].map((key) => createHash("sha256").update(key).digest("hex")).map(keys.names());
    assert.deepEqual([names, checks], [["Anna", "Ben"], 1]);
  });

  for (const [how, change] of [
    ["changed in place", write],
    ["replaced by another file", replace],
  ] as const) {
    it(`is read again after it was ${how}`, async () => {
      const { workspace, lines } = open();
      change("two workspace=other\nthree\n");
      await sleep(SETTLED_MS);
      assert.deepEqual(["one", "two", "three"].map(workspace), [undefined, "other", "default"]);
      assert.deepEqual(lines.at(-1)?.text, "read the keys file again");
    });
  }

  it("is read again when size and modification time stay the same", async () => {
    const { workspace } = open("abc\n");
    const { atime, mtime } = statSync(path);
    replace("xyz\n");
    utimesSync(path, atime, mtime);
    await sleep(SETTLED_MS);
    assert.deepEqual(["abc", "xyz"].map(workspace), [undefined, "default"]);
  });

  it("is not read while another program writes it", async () => {
    const { workspace } = open("long-key\n");
    write("lo");
    assert.deepEqual(["long-key", "lo"].map(workspace), ["default", undefined]);
    write("long-key\nnew\n");
    await sleep(SETTLED_MS);
    assert.deepEqual(["long-key", "lo", "new"].map(workspace), ["default", undefined, "default"]);
  });

  for (const [problem, content] of [
    ["has a key with white space", "one two\n"],
    ["has an invalid workspace", "one workspace=../x\n"],
    ["has an upper-case workspace", "one workspace=Team\n"],
    ["has a damaged hash", "sha256:abc\n"],
    ["gives one key two workspaces", "one workspace=a\none workspace=b\n"],
    ["gives one key two names", "one name=a\none name=b\n"],
    ["has an invalid name", "one name=<b>\n"],
    ["has an empty name", "one name=\n"],
    ["repeats an option", "one name=a name=a\n"],
    ["has an unknown option", "one owner=a\n"],
  ] as const) {
    it(`keeps the previous keys, and logs one error without keys, when it ${problem}`, async () => {
      const { workspace, lines } = open();
      write(content);
      await sleep(SETTLED_MS);
      assert.deepEqual(["one", "two"].map(workspace), ["default", "team"]);
      assert.deepEqual(["one", "two"].map(workspace), ["default", "team"]);
      assert.deepEqual(
        lines.map(({ level }) => level),
        ["error"],
      );
      assert.doesNotMatch(JSON.stringify(lines), /sha256:abc|one two/);
      write("fixed\n");
      await sleep(SETTLED_MS);
      assert.deepEqual(["one", "fixed"].map(workspace), [undefined, "default"]);
    });
  }

  it("keeps the previous keys when it is deleted", () => {
    const { workspace, lines } = open();
    rmSync(path);
    assert.equal(workspace("one"), "default");
    assert.match(String(lines[0]?.fields.reason), /ENOENT/);
  });

  it("is read again after a read that failed, at most once per second, with one error in the log", async () => {
    const { workspace, lines } = open("stays\nrevoked\n");
    write("stays\n");
    await sleep(SETTLED_MS);
    const { readFileSync } = fs;
    let reads = 0;
    fs.readFileSync = ((...args: Parameters<typeof readFileSync>) => {
      if (args[0] === path) reads += 1;
      if (args[0] === path && reads < 3) throw new Error("EMFILE: too many open files");
      return readFileSync(...args);
    }) as typeof readFileSync;
    const { now } = performance;
    let passed = 0;
    performance.now = () => now.call(performance) + passed;
    try {
      for (const read of [1, 2]) {
        assert.deepEqual(["stays", "revoked"].map(workspace), ["default", "default"]);
        assert.equal(reads, read);
        passed += 1100;
      }
      assert.deepEqual(["stays", "revoked"].map(workspace), ["default", undefined]);
    } finally {
      fs.readFileSync = readFileSync;
      performance.now = now;
    }
    assert.deepEqual(
      lines.map(({ level }) => level),
      ["error", "info"],
    );
    assert.match(String(lines[0]?.fields.reason), /EMFILE/);
  });

  it("admits nobody when it becomes empty", async () => {
    const { keys, workspace, lines } = open("one\n", ["fixed"]);
    write("# one\n");
    await sleep(SETTLED_MS);
    assert.deepEqual(["one", "", "fixed"].map(workspace), [undefined, undefined, "default"]);
    assert.equal(keys.identify(undefined), undefined);
    assert.equal(keys.required, true);
    assert.equal(lines[0]?.level, "error");
  });

  it("warns when all users can read plain-text keys or change the file", () => {
    for (const [mode, content, warns] of [
      [0o644, "one\n", true],
      [0o640, "one\n", false],
      [0o644, `sha256:${"a".repeat(64)}\n`, false],
      [0o602, `sha256:${"a".repeat(64)}\n`, true],
    ] as const) {
      write(content);
      chmodSync(path, mode);
      const { lines, log } = recordingLog();
      new KeysFile(path, log);
      assert.deepEqual(
        lines.map(({ level }) => level),
        warns ? ["warn"] : [],
        `${mode.toString(8)} ${content}`,
      );
    }
    chmodSync(path, 0o600);
  });

  it("must contain a key when the server starts", () => {
    write("# nothing\n");
    assert.throws(() => new KeysFile(path), /^UsageError: the keys file .* contains no key/);
    write("one workspace=\n");
    assert.throws(() => new KeysFile(path), /^UsageError: "" is not the name of a workspace/);
    write("one\n");
    assert.throws(
      () => new Keys(["one workspace=team"], new KeysFile(path)),
      /^UsageError: An API key has two workspaces: team and default/,
    );
  });
});

describe("server: a key that is revoked while the server runs", () => {
  const folder = mkdtempSync(join(tmpdir(), "revoked-"));
  const keysFile = join(folder, "keys");
  writeFileSync(keysFile, "stays\nrevoked\n", { mode: 0o600 });
  const api = withServer({ keysFile, logLevel: "silent" });
  after(() => rmSync(folder, { recursive: true }));

  it("gets 401 at its next request, while others keep working", async () => {
    const status = async (key: string) => (await new Api(api.url, key).call("GET", "/v1/models")).status;
    assert.deepEqual([await status("stays"), await status("revoked")], [200, 200]);
    writeFileSync(keysFile, "stays\n");
    await sleep(SETTLED_MS);
    assert.deepEqual([await status("revoked"), await status("stays")], [401, 200]);
    writeFileSync(keysFile, "");
    await sleep(SETTLED_MS);
    assert.deepEqual([await status("stays"), (await new Api(api.url).call("GET", "/v1/models")).status], [401, 401]);
  });
});
