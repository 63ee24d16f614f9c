import assert from "node:assert/strict";
import { mkdtemp, readdir, rename, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { cachedReports } from "../../../../provider/src/inputs/data/checkCache";
import type { DataReports } from "../../../../provider/src/inputs/data/inspectData";
import { sample } from "../../../support/samples";

const rules = { jobType: "completion", targets: [] } as const;
const LONG_AGO = new Date("2026-01-01");

describe("the cache of data reports", () => {
  let folder: string;
  let path: string;
  let reads = 0;
  const cacheHome = process.env.XDG_CACHE_HOME;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "check-cache-"));
    process.env.XDG_CACHE_HOME = join(folder, "cache");
    path = join(folder, "train.jsonl");
    await settle(sample("What?"));
    reads = 0;
  });
  afterEach(async () => {
    if (cacheHome === undefined) {
      delete process.env.XDG_CACHE_HOME;
    } else {
      process.env.XDG_CACHE_HOME = cacheHome;
    }
    await rm(folder, { recursive: true });
  });

  /** Writes the file and waits for the next tick of the file system's clock, because ctime cannot be set. */
  const settle = async (text: string) => {
    await writeFile(path, text);
    await new Promise((resolve) => setTimeout(resolve, 2_100));
  };
  const look = (files = [[{ path }], []], by: Parameters<typeof cachedReports>[1] | "none" = rules) =>
    cachedReports(files, by === "none" ? undefined : by, async (): Promise<DataReports> => {
      reads++;
      return { training: [], validation: [] };
    });

  it("replaces reading a file that has not changed", async () => {
    assert.deepEqual(await look(), await look());
    assert.equal(reads, 1);
  });

  it("misses for other content with the same size and mtime", async () => {
    await utimes(path, LONG_AGO, LONG_AGO);
    await settle(sample("What?"));
    await look();
    await writeFile(path, sample("Whom?").slice(0, sample("What?").length));
    await utimes(path, LONG_AGO, LONG_AGO);
    await look();
    assert.equal(reads, 2);
  });

  it("misses for another file that was moved to the same path", async () => {
    await look();
    const other = join(folder, "other.jsonl");
    await writeFile(other, sample("Why??"));
    await rename(other, path);
    await look();
    assert.equal(reads, 2);
  });

  it("misses for other rules, or together with another file", async () => {
    await look();
    await look([[{ path }], []], { jobType: "classifier", targets: [{ name: "a", labels: ["b"] }] });
    await look([[], [{ path }]]);
    await look([[{ path }], []], "none");
    assert.equal(reads, 4);
  });

  it("stores nothing for a file that was just written, which could change again within the same clock tick", async () => {
    await writeFile(path, sample("Now?"));
    await look();
    await look();
    assert.equal(reads, 2);
  });

  it("stores nothing for a remote file, and identifies a string asset by its text", async () => {
    const remote = [[{ asset: { uri: "https://data.invalid/train.jsonl" } }], []];
    await look(remote as never);
    await look(remote as never);
    assert.equal(reads, 2);
    const text = [[{ asset: { text: "{}" } }], []];
    await look(text as never);
    await look(text as never);
    await look([[{ asset: { text: "[]" } }], []] as never);
    assert.equal(reads, 4);
  });

  it("reads the data when an entry is invalid, or cannot be stored", async () => {
    await look();
    const entries = join(folder, "cache/pulumi-mistral/checks");
    for (const name of await readdir(entries)) {
      await writeFile(join(entries, name), '{"training":');
    }
    await look();
    assert.equal(reads, 2);
    await rm(join(folder, "cache"), { recursive: true });
    await writeFile(join(folder, "cache"), "a file, where a folder should be");
    await look();
    assert.equal(reads, 3);
  });

  it("is disabled for a user without a home directory", async function () {
    // Only root can switch to an unknown user.
    if (process.getuid?.() !== 0) this.skip();
    const { stdout } = await execa("node", ["-e", CHECKING], {
      cwd: join(__dirname, "../../../.."),
      uid: 54_321,
      extendEnv: false,
      env: { PATH: process.env.PATH },
    });
    assert.equal(stdout, "read");
  });
});

const CHECKING = `
  const { cachedReports } = require("./provider/dist/inputs/data/checkCache");
  cachedReports([[{ asset: { text: "{}" } }], []], undefined, async () => console.log("read"));
`;
