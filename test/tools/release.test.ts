import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { PLATFORMS, type Platform } from "../../tools/release/executable/platforms";
import { release } from "../../tools/release/release";

const CHANGELOG = "# Changelog\n\n## Unreleased\n\n- A new thing.\n\n## 0.1.0 (2026-01-01)\n\n- The first release.\n";

/** The files with the version that the real generators write. */
const SCHEMAS = ["schema.json", "provider/schema.json"];
const SDKS = ["nodejs/package.json", "python/pulumi_mistral/pulumi-plugin.json", "go/mistral/pulumi-plugin.json"].map(
  (file) => `sdk/${file}`,
);
/** Replaces the generators of this repository, which also write the version of the package into several files. */
const GENERATOR = `
const { readFileSync, writeFileSync } = require("node:fs");
const { version } = JSON.parse(readFileSync("provider/package.json", "utf8"));
for (const file of process.argv.slice(2)) writeFileSync(file, JSON.stringify({ name: "generated", version }));
`;

describe("npm run release", function () {
  this.timeout(60_000);
  let root: string;
  let lines: string[];
  let missing: Platform[];

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), "mistral-release-"));
    lines = [];
    missing = [];
    await writeRootPackage();
    await write("generate.js", GENERATOR);
    for (const file of [...SCHEMAS, ...SDKS])
      await write(file, JSON.stringify({ name: "generated", version: "0.1.0" }));
    await write("provider/package.json", JSON.stringify({ name: "pulumi-mistral", version: "0.1.0" }));
    await write("server/package.json", JSON.stringify({ name: "mistral-fine-tuning-server", version: "0.1.0" }));
    await write("CHANGELOG.md", CHANGELOG);
    await write(".gitignore", "node_modules/\n/release/\n");
    await execa("npm", ["install", "--package-lock-only", "--offline"], { cwd: root });
    await git("init", "--quiet");
    await git("config", "user.name", "Test");
    await git("config", "user.email", "test@example.com");
    await git("add", ".");
    await git("commit", "--quiet", "--message", "Start");
  });
  afterEach(() => rm(root, { recursive: true, force: true }));

  async function write(file: string, text: string) {
    await mkdir(join(root, file, ".."), { recursive: true });
    await writeFile(join(root, file), text);
  }
  async function writeRootPackage(generated = { schemas: SCHEMAS, sdks: SDKS }) {
    const scripts = {
      generate: `node generate.js ${generated.schemas.join(" ")}`,
      "generate:sdk": `node generate.js ${generated.sdks.join(" ")}`,
    };
    const workspaces = ["provider", "server"];
    await write("package.json", JSON.stringify({ name: "root", private: true, workspaces, scripts }));
  }
  const git = async (...args: string[]) => (await execa("git", args, { cwd: root })).stdout;
  const text = (file: string) => readFile(join(root, file), "utf8");
  const prepare = (version: string, execute = false) =>
    release({
      root,
      version,
      execute,
      date: new Date("2026-02-03T04:05:06Z"),
      // This project has no SDKs and no plugin. `test/sdk` packs the SDKs, and `test/layouts/archive.test.ts` builds and runs an archive.
      packSdks: async (folder) => {
        const { version } = JSON.parse(await text("sdk/nodejs/package.json"));
        await writeFile(join(folder, "sdk"), version);
        return [join(folder, "sdk")];
      },
      buildArchives: async ({ root, folder }) => {
        const { version } = JSON.parse(await readFile(join(root, "provider/package.json"), "utf8"));
        await writeFile(join(folder, "archive"), `${version}, after ${await readdir(folder)}`);
        return missing;
      },
      log: (line) => lines.push(line),
    });

  it("reports what a release would do, and changes nothing", async () => {
    const head = await git("rev-parse", "HEAD");
    const files = await readdir(root);

    await prepare("0.2.0");

    assert.match(lines.join("\n"), /"Unreleased" becomes "0\.2\.0 \(2026-02-03\)"/);
    assert.match(lines.join("\n"), /pack pulumi-mistral-.*\n.*pack mistral-fine-tuning-server-/);
    const archives = lines.flatMap(
      (line) => /^build pulumi-resource-mistral-v0\.2\.0-(.*)\.tar\.gz$/.exec(line)?.[1] ?? [],
    );
    const platforms = ["darwin", "linux", "windows"].flatMap((os) => [`${os}-amd64`, `${os}-arm64`]);
    assert.deepEqual(archives.sort(), platforms);
    assert.match(lines.at(-1) ?? "", /^Dry run: nothing was changed/);
    assert.equal(await git("rev-parse", "HEAD"), head);
    assert.equal(await git("status", "--porcelain", "--ignored"), "");
    assert.equal(await git("tag"), "");
    assert.deepEqual(await readdir(root), files);
  });

  it("sets the versions, dates the changelog, packs, commits and tags with --execute", async () => {
    await prepare("0.2.0", true);

    for (const workspace of ["provider", "server"]) {
      assert.equal(JSON.parse(await text(`${workspace}/package.json`)).version, "0.2.0");
      assert.equal(JSON.parse(await text("package-lock.json")).packages[workspace].version, "0.2.0");
    }
    assert.equal(
      await text("CHANGELOG.md"),
      CHANGELOG.replace("## Unreleased\n", "## Unreleased\n\n## 0.2.0 (2026-02-03)\n"),
    );
    const packed = (await readdir(join(root, "release"))).sort();
    assert.deepEqual(packed, ["archive", "mistral-fine-tuning-server-0.2.0.tgz", "pulumi-mistral-0.2.0.tgz", "sdk"]);
    assert.equal(
      await text("release/archive"),
      "0.2.0, after mistral-fine-tuning-server-0.2.0.tgz,pulumi-mistral-0.2.0.tgz,sdk",
    );
    assert.equal(await text("release/sdk"), "0.2.0");
    for (const file of [...SCHEMAS, ...SDKS]) {
      assert.equal(JSON.parse(await git("show", `v0.2.0:${file}`)).version, "0.2.0", file);
    }
    assert.equal(await git("log", "-1", "--format=%s"), "Release 0.2.0");
    assert.equal(await git("describe"), "v0.2.0");
    assert.equal(await git("status", "--porcelain"), "");
  });

  for (const stale of [...SCHEMAS, SDKS[0]]) {
    it(`commits nothing if ${stale} keeps its version`, async () => {
      const others = (files: string[]) => files.filter((file) => file !== stale);
      await writeRootPackage({ schemas: others(SCHEMAS), sdks: others(SDKS) });
      await git("commit", "--all", "--quiet", "--message", "Forget a file");
      await failsWithoutCommit(new RegExp(`${stale} has the version 0\\.1\\.0 instead of 0\\.2\\.0`));
    });
  }

  it("commits nothing if an archive was not built", async () => {
    missing = PLATFORMS.filter(({ os }) => os === "darwin");
    await failsWithoutCommit(/archives were not built: darwin-amd64, darwin-arm64\. .*git restore \./);
  });

  async function failsWithoutCommit(message: RegExp) {
    const head = await git("rev-parse", "HEAD");
    await assert.rejects(prepare("0.2.0", true), message);
    assert.equal(await git("rev-parse", "HEAD"), head);
    assert.equal(await git("tag"), "");
  }

  const refusals: [reason: string, version: string, change: () => Promise<unknown>, message: RegExp][] = [
    ["changed working tree", "0.2.0", () => write("new.txt", "x"), /working tree has changes[\s\S]*new\.txt/],
    ["earlier version", "0.0.9", async () => {}, /provider already has the later version 0\.1\.0/],
    ["malformed version", "v2", async () => {}, /"v2" is not a version/],
    ["existing tag", "0.2.0", () => git("tag", "v0.2.0"), /tag v0\.2\.0 exists/],
    ["empty changelog", "0.2.0", emptyChangelog, /no entries under "## Unreleased"/],
  ];
  for (const [reason, version, change, message] of refusals) {
    it(`refuses: ${reason}`, async () => {
      await change();
      await assert.rejects(prepare(version), message);
    });
  }

  async function emptyChangelog() {
    await write("CHANGELOG.md", CHANGELOG.replace("- A new thing.\n\n", ""));
    await git("commit", "--all", "--quiet", "--message", "Empty");
  }
});
