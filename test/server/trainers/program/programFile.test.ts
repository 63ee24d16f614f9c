import assert from "node:assert/strict";
import { closeSync, writeSync } from "node:fs";
import { lstat, mkdir, mkdtemp, readFile, rm, symlink, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { z } from "zod";
import { readJson } from "../../../../server/src/trainers/program/jsonFile";
import { openLog, openToRead } from "../../../../server/src/trainers/program/programFile";

describe("files of a job folder that a training program has replaced", () => {
  let folder: string;
  let pipe: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "program-file-"));
    pipe = join(folder, "plan.json");
    await execa("mkfifo", [pipe]);
  });
  afterEach(() => rm(folder, { recursive: true }));

  it("does not wait for a pipe in the place of a JSON file", () => {
    assert.throws(() => readJson(pipe, z.unknown()), /plan\.json is not a file/);
  });

  it("does not wait for a pipe in the place of the progress or the log", async () => {
    assert.equal(await openToRead(pipe), undefined);
    assert.equal(await openToRead(join(folder, "missing")), undefined);
  });

  it("rejects a JSON file that would block the server while it is parsed", async () => {
    const large = join(folder, "large.json");
    await writeFile(large, "[]");
    assert.deepEqual(readJson(large, z.array(z.unknown())), []);
    await truncate(large, 17 * 1024 ** 2);
    assert.throws(() => readJson(large, z.unknown()), /large\.json is larger than 16777216 bytes/);
  });

  it("replaces a pipe, a link and a folder in the place of the log, and appends to a log", async () => {
    const target = join(folder, "target");
    await writeFile(target, "kept");
    const link = join(folder, "link");
    await symlink(target, link);
    const directory = join(folder, "directory");
    await mkdir(join(directory, "in"), { recursive: true });
    for (const path of [pipe, link, directory, target]) {
      const log = openLog(path);
      writeSync(log, "+");
      closeSync(log);
      assert.ok((await lstat(path)).isFile());
    }
    assert.equal(await readFile(link, "utf8"), "+");
    assert.equal(await readFile(target, "utf8"), "kept+");
  });
});
