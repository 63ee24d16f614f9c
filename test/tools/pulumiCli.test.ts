import assert from "node:assert/strict";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { findOrGetPulumi } from "../../tools/pulumiCli";
import { cacheFolder, fromCache } from "../../tools/pulumiCli/cache";
import { builtWithGo } from "../../tools/pulumiCli/goBuild";
import { onPath } from "../../tools/pulumiCli/path";
import { createFakeGo, executable } from "./fakeGo";

/** All sources except Pulumi's installer, which needs the network. */
const localSources = [onPath, fromCache, builtWithGo];

describe("finding or installing a Pulumi CLI", () => {
  let home: string;
  let log: string[];
  let env: NodeJS.ProcessEnv;

  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), "pulumi-cli-test-"));
    log = [];
    // The fake programs need the tools in /usr/bin and /bin. Official installers put no `pulumi` or `go` there.
    env = { HOME: home, XDG_CACHE_HOME: join(home, "caches"), PATH: `${join(home, "bin")}:/usr/bin:/bin` };
  });
  afterEach(() => rm(home, { recursive: true, force: true }));

  const find = () => findOrGetPulumi({ env, log: (line) => log.push(line) }, localSources);

  async function fakePulumi(folder: string, version: string): Promise<void> {
    await executable(join(folder, "pulumi"), `echo ${version}`);
    await executable(join(folder, "pulumi-language-nodejs"), "exit 0");
  }

  const fakeGo = (version: string, toolchain?: string) => createFakeGo(home, version, toolchain);

  it("uses the CLI on PATH", async () => {
    await fakePulumi(join(home, "bin"), "v3.260.0");
    const cli = await find();
    assert.equal(cli.binary, join(home, "bin/pulumi"));
    assert.equal(cli.version, "3.260.0");
    assert.deepEqual(log, []);
  });

  it("skips a CLI on PATH that is too old, and logs the reason", async () => {
    await fakePulumi(join(home, "bin"), "v3.100.0");
    await fakePulumi(join(cacheFolder(env), "bin"), "v3.259.0");
    const cli = await find();
    assert.equal(cli.binary, join(cacheFolder(env), "bin/pulumi"));
    assert.equal(cli.env.PATH?.split(":")[0], join(cacheFolder(env), "bin"));
    assert.match(log.join("\n"), /bin\/pulumi is version 3\.100\.0; 3\.200\.0 or later is required/);
  });

  it("skips a CLI on PATH that has no language host for Node.js", async () => {
    await executable(join(home, "bin/pulumi"), "echo v3.260.0");
    await fakePulumi(join(cacheFolder(env), "bin"), "v3.259.0");
    assert.equal((await find()).version, "3.259.0");
    assert.match(log.join("\n"), /no language host for Node\.js/);
  });

  it("builds a CLI with Go into the cache, and uses the cache the next time", async () => {
    await fakeGo("go1.26.1");
    const built = await find();
    assert.equal(built.binary, join(cacheFolder(env), "bin/pulumi"));
    assert.match(log.join("\n"), /Building the Pulumi CLI 3\.259\.0 with Go/);

    log = [];
    assert.equal((await find()).binary, built.binary);
    assert.deepEqual(log, []);
    assert.deepEqual((await readdir(join(cacheFolder(env), "bin"))).sort(), [
      "pulumi",
      "pulumi-language-nodejs",
      "pulumi-resource-pulumi-nodejs",
    ]);
  });

  it("builds again when the cache is incomplete", async () => {
    await executable(join(cacheFolder(env), "bin/pulumi"), "echo v3.259.0");
    await fakeGo("go1.26.1");
    assert.equal((await find()).version, "3.259.0");
    assert.match(log.join("\n"), /no language host for Node\.js/);
    assert.match(log.join("\n"), /Building/);
  });

  it("leaves nothing in the cache when the build fails", async () => {
    await executable(
      join(home, "bin/go"),
      `[ "$1" = env ] && printf 'go1.26.1\\nlocal\\n' && exit; echo 'dial tcp: no route to host' >&2; exit 1`,
    );
    await assert.rejects(find(), /building pulumi failed: dial tcp: no route to host/);
    assert.deepEqual(await readdir(dirname(cacheFolder(env))), []);
  });

  it("supports two builds at the same time", async () => {
    await fakeGo("go1.26.1");
    const [one, other] = await Promise.all([find(), find()]);
    assert.equal(one.binary, other.binary);
    assert.deepEqual(await readdir(dirname(cacheFolder(env))), ["cli-3.259.0"]);
  });

  it("accepts an older Go that downloads a newer toolchain", async () => {
    await fakeGo("go1.22.0", "auto");
    assert.equal((await find()).version, "3.259.0");
  });

  it("reports the required Go version when Go is too old", async () => {
    await fakeGo("go1.22.0");
    await assert.rejects(find(), /bin\/go is go1\.22\.0; 1\.26\.0 or later is required/);
  });

  it("reports every source that failed, and what to do, when there is no CLI", async () => {
    await assert.rejects(find(), (error: Error) => {
      assert.match(error.message, /the `pulumi` on PATH: not found/);
      assert.match(error.message, /the cache of an earlier run: .* does not exist/);
      assert.match(error.message, /a build with Go: there is no `go` on PATH; Go 1\.26\.0 or later is required/);
      assert.match(error.message, /Install Pulumi 3\.200\.0 or later .* or Go 1\.26\.0 or later/);
      return true;
    });
  });
});
