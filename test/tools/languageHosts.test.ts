import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { cacheFolder } from "../../tools/pulumiCli/cache";
import { type Language, withLanguageHosts } from "../../tools/pulumiCli/languageHosts";
import { createFakeGo, executable } from "./fakeGo";

describe("finding or building language hosts", () => {
  let home: string;
  let log: string[];
  let env: NodeJS.ProcessEnv;
  let cached: string;

  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), "language-hosts-test-"));
    log = [];
    env = { HOME: home, XDG_CACHE_HOME: join(home, "caches"), PATH: `${join(home, "bin")}:/usr/bin:/bin` };
    cached = join(cacheFolder(env), "bin");
    await executable(join(cached, "pulumi"), "echo v3.259.0");
    const script = join(home, "module/pulumi-language-python-exec");
    await mkdir(join(home, "module/main"), { recursive: true });
    await writeFile(script, "#!/usr/bin/env python3\n", { mode: 0o444 });
  });
  afterEach(() => rm(home, { recursive: true, force: true }));

  const find = (languages: Language[], folder = cached) => {
    const path = `${folder}:${env.PATH}`;
    const cli = { binary: join(folder, "pulumi"), version: "3.259.0", env: { ...env, PATH: path } };
    return withLanguageHosts(cli, languages, { env, log: (line) => log.push(line) });
  };
  const builds = async () => (await readFile(join(home, "builds"), "utf8")).trim().split("\n");

  it("builds only the missing hosts, beside the cached CLI, and uses them the next time", async () => {
    await createFakeGo(home, "go1.26.1");
    await executable(join(cached, "pulumi-language-go"), "exit 0");
    const { env: hostEnv } = await find(["go", "python", "yaml"]);
    assert.deepEqual(await builds(), ["pulumi-language-python", "pulumi-language-yaml"]);
    assert.match(log.join("\n"), /Building Pulumi's language host for python/);
    assert.equal(hostEnv.PATH?.split(":")[0], cached);
    const files = ["go", "python", "python-exec", "yaml"].map((name) => `pulumi-language-${name}`);
    assert.deepEqual((await readdir(cached)).sort(), ["pulumi", ...files]);
    assert.deepEqual(await readdir(cacheFolder(env)), ["bin"]);
    assert.ok((await stat(join(cached, "pulumi-language-python-exec"))).mode & 0o100);

    await find(["go", "python", "yaml"]);
    assert.equal((await builds()).length, 2);
  });

  it("uses the hosts that belong to a CLI on PATH", async () => {
    await executable(join(home, "own/pulumi-language-yaml"), "exit 0");
    await find(["yaml"], join(home, "own"));
    assert.deepEqual(log, []);
  });

  it("builds the hosts that a CLI on PATH lacks into a folder of their own", async () => {
    await createFakeGo(home, "go1.26.1");
    await mkdir(join(home, "own"));
    const { env: hostEnv } = await find(["yaml"], join(home, "own"));
    const folder = join(dirname(cacheFolder(env)), "language-hosts-3.259.0");
    assert.equal(hostEnv.PATH?.split(":").at(-1), folder);
    assert.deepEqual(await readdir(folder), ["pulumi-language-yaml"]);
    assert.deepEqual(await readdir(join(home, "own")), []);
  });

  it("reports which language cannot run and why", async () => {
    await assert.rejects(
      find(["yaml"]),
      /pulumi cannot run yaml programs: pulumi-language-yaml is neither .* could not be built: there is no `go` on PATH/,
    );
    await executable(
      join(home, "bin/go"),
      `[ "$1" = env ] && printf 'go1.26.1\\nlocal\\n' && exit; echo 'dial tcp: no route to host' >&2; exit 1`,
    );
    await assert.rejects(find(["yaml"]), /building pulumi-language-yaml failed: dial tcp: no route to host/);
    assert.deepEqual(await readdir(cached), ["pulumi"]);
    assert.deepEqual(await readdir(cacheFolder(env)), ["bin"]);
  });
});
