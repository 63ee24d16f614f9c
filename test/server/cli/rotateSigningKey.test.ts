import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import Database from "libsql";
import { rotateSigningKey } from "../../../server/src/cli/rotateSigningKey";
import { openDatabase } from "../../../server/src/store/database";
import { lockFolder } from "../../../server/src/store/lock";
import { run } from "../process";
import { Api, folder, withServer } from "../support";

describe("server: rotate-signing-key", () => {
  const api = withServer();

  it("makes all signed URLs of a running server invalid, and new ones work", async () => {
    const id = await api.fileId("content\n", "train.jsonl");
    const status = async (url: string) => (await new Api("").send(url, {})).status;
    const urlOf = async () => (await api.ok("GET", `/v1/files/${id}/url`)).url as string;
    const url = await urlOf();
    assert.equal(await status(url), 200);
    const { code, stdout } = await run(["rotate-signing-key", "--data", api.dataDir]);
    assert.deepEqual([code, stdout.startsWith("Replaced the signing key in")], [0, true]);
    assert.equal(await status(url), 403);
    assert.equal(await status(await urlOf()), 200);
  });

  it("fails on a folder without data", async () => {
    const { code, stderr } = await run(["rotate-signing-key", "--data", folder()]);
    assert.equal(code, 2);
    assert.match(stderr, /contains no data of a server; check --data/);
  });

  it("fails when the new key cannot be stored", async () => {
    const dataDir = folder();
    openDatabase(join(dataDir, "server.db")).close();
    const { exec } = Database.prototype;
    Database.prototype.exec = function (sql) {
      if (sql === "COMMIT") throw Object.assign(new Error("database or disk is full"), { code: "SQLITE_FULL" });
      return exec.call(this, sql);
    };
    const printed: string[] = [];
    try {
      await assert.rejects(
        rotateSigningKey({ dataDir }, (line) => printed.push(line)),
        { code: "SQLITE_FULL" },
      );
    } finally {
      Database.prototype.exec = exec;
    }
    assert.deepEqual(printed, []);
  });

  it("does not upgrade the database of a running server", async () => {
    const dataDir = folder();
    const path = join(dataDir, "server.db");
    // A database of schema version 0 needs an upgrade.
    writeFileSync(path, "");
    const tables = () => new Database(path).prepare("SELECT name FROM sqlite_schema").all();
    const printed: string[] = [];
    const rotate = () => rotateSigningKey({ dataDir }, (line) => printed.push(line));
    const unlock = lockFolder(dataDir);
    await assert.rejects(
      rotate(),
      /^UsageError: .* is in use by a server of an earlier release; restart the server with this release first$/,
    );
    assert.deepEqual([tables(), printed], [[], []]);
    unlock();
    await rotate();
    assert.equal(printed.length, 1);
    lockFolder(dataDir)();
  });
});
