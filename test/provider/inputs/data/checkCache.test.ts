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

describe("the cache of what was found in the data", () => {
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

  /** Writes the file and lets the clock of its file system move on: nobody can set the time of a file's last change of all. */
  const settle = async (text: string) => {
    await writeFile(path, text);
    await new Promise((resolve) => setTimeout(resolve, 2_100));
  };
  const look = (files = [[{ path }], []], by: Parameters<typeof cachedReports>[1] | "none" = rules) =>
    cachedReports(files, by === "none" ? undefined : by, async (): Promise<DataReports> => {
      reads++;
      return { training: [], validation: [] };
    });

  it("is asked instead of the file, as long as that stays as it is", async () => {
    assert.deepEqual(await look(), await look());
    assert.equal(reads, 1);
  });

  it("does not know content of the same size and time of change", async () => {
    await utimes(path, LONG_AGO, LONG_AGO);
    await settle(sample("What?"));
    await look();
    await writeFile(path, sample("Whom?").slice(0, sample("What?").length));
    await utimes(path, LONG_AGO, LONG_AGO);
    await look();
    assert.equal(reads, 2);
  });

  it("does not know another file that was moved to the same place", async () => {
    await look();
    const other = join(folder, "other.jsonl");
    await writeFile(other, sample("Why??"));
    await rename(other, path);
    await look();
    assert.equal(reads, 2);
  });

  it("does not know the same file by other rules, or beside another file", async () => {
    await look();
    await look([[{ path }], []], { jobType: "classifier", targets: [{ name: "a", labels: ["b"] }] });
    await look([[], [{ path }]]);
    await look([[{ path }], []], "none");
    assert.equal(reads, 4);
  });

  it("keeps nothing of a file that has only just been written: it could change once more within its clock's tick", async () => {
    await writeFile(path, sample("Now?"));
    await look();
    await look();
    assert.equal(reads, 2);
  });

  it("keeps nothing of a remote file, and knows a text by itself", async () => {
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

  it("reads the data when an entry is broken, or no entry can be kept", async () => {
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

  it("is done without where the user has no home", async function () {
    // Only root can become a user that nobody knows.
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
