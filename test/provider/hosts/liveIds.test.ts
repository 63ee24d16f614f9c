import assert from "node:assert/strict";
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rm, stat, symlink, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Readable } from "node:stream";
import { LiveIds } from "../../../provider/src/hosts/liveIds";
import { SERIALIZED_PROVIDERS } from "../../../provider/src/hosts/plugin/resources/dynamicProvider";
import { LifecycleHarness } from "../../support/lifecycle";
import { type HostKind, ProviderHost } from "../../support/providerHost/providerHost";

const repository = resolve(__dirname, "../../..");
type Child = ChildProcessByStdio<null, Readable, null>;
const ADDRESS = "127.0.0.1:4000";

describe("the live IDs of an engine's provider processes", () => {
  let folder: string;
  const cacheHome = process.env.XDG_CACHE_HOME;
  const running: Child[] = [];

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "live-ids-"));
    process.env.XDG_CACHE_HOME = join(folder, "cache");
  });
  afterEach(async () => {
    for (const child of running.splice(0).filter((each) => each.signalCode === null)) await kill(child);
    if (cacheHome === undefined) delete process.env.XDG_CACHE_HOME;
    else process.env.XDG_CACHE_HOME = cacheHome;
    await rm(folder, { recursive: true });
  });

  const kill = async (child: Child) => {
    const exited = once(child, "exit");
    child.kill("SIGKILL");
    await exited;
  };

  /** Starts a process that adds an ID and keeps running. */
  async function otherProcess(id: string): Promise<Child> {
    const module = join(repository, "provider/dist/hosts/liveIds.js");
    const script = `new (require(${JSON.stringify(module)}).LiveIds)("${ADDRESS}").add("${id}"); console.log("added"); setInterval(() => {}, 1000)`;
    const child = spawn(process.execPath, ["-e", script], { stdio: ["ignore", "pipe", "inherit"] });
    running.push(child);
    await once(child.stdout, "data");
    return child;
  }
  const live = join("pulumi-mistral", "live");
  const files = () => readdir(join(folder, "cache", live));

  it("are seen by the other processes of the same engine only", async () => {
    await otherProcess("job-1");
    const [name = ""] = await files();
    const path = join(folder, "cache", live);
    assert.deepEqual([(await stat(path)).mode & 0o777, (await stat(join(path, name))).mode & 0o777], [0o700, 0o600]);
    const own = new LiveIds(ADDRESS);
    assert.deepEqual([own.has("job-1"), own.has("job-2")], [true, false]);
    assert.equal(new LiveIds("127.0.0.1:4001").has("job-1"), false);
  });

  it("do not count for a later engine with the same address", async () => {
    await kill(await otherProcess("job-1"));
    const later = new LiveIds(ADDRESS);
    assert.equal(later.has("job-1"), false);
    later.add("job-2");
    assert.equal((await files()).length, 1);
    later.close();
    assert.deepEqual(await files(), []);
  });

  it("do not count when another process has the ID of the one that wrote them", async () => {
    await otherProcess("job-1");
    const [name = ""] = await files();
    const anHourAgo = new Date(Date.now() - 3_600_000);
    await utimes(join(folder, "cache", live, name), anHourAgo, anHourAgo);
    assert.equal(new LiveIds(ADDRESS).has("job-1"), false);
  });

  it("are not shared when the cache cannot be written, and nothing fails", async () => {
    await writeFile(join(folder, "cache"), "not a folder");
    const ids = new LiveIds(ADDRESS);
    ids.add("job-1");
    assert.equal(ids.has("job-1"), false);
    ids.close();
  });
});

describe("a stack that moves to another host", function () {
  this.timeout(60_000);
  let harness: LifecycleHarness;
  const hosts: ProviderHost[] = [];

  beforeEach(async () => {
    harness = await LifecycleHarness.create();
    await symlink(join(repository, "node_modules"), join(harness.folder, "node_modules"));
  });
  afterEach(async () => {
    await Promise.all(hosts.splice(0).map((host) => host.stop()));
    await harness.end();
  });

  async function start(kind: HostKind, sharedEngine?: ProviderHost["engine"]): Promise<ProviderHost> {
    const host = await ProviderHost.start(kind, harness.folder, { XDG_CACHE_HOME: harness.folder }, sharedEngine);
    hosts.push(host);
    await host.configure({ baseUrl: harness.url, apiKey: "a-key" });
    return host;
  }

  for (const [from, to] of [
    ["dynamic", "plugin"],
    ["plugin", "dynamic"],
  ] as const) {
    it(`from ${from} to ${to} keeps its job when the old host deletes the old entry of the job`, async () => {
      const { id, outputs } = await harness.create("moved", { autoStart: false });
      const state = { ...outputs, __provider: SERIALIZED_PROVIDERS.FineTuningJob };
      const status = async () => (await harness.client.jobs.get(id)).status;
      const { model, hyperparameters } = outputs;
      const trainingFiles = [join(harness.folder, "train.jsonl")];

      const now = await start(to);
      const old = await start(from, now.engine);
      const { value } = await now.check("moved", state, { model, hyperparameters, trainingFiles, autoStart: false });
      assert.deepEqual(value?.failures, []);
      assert.deepEqual((await now.diff("moved", id, state, value?.inputs ?? {})).value?.replaces, []);
      assert.deepEqual(await old.delete("moved", id, state), { value: {} });
      assert.equal(await status(), "VALIDATED");

      const destroying = await start(from);
      assert.deepEqual(await destroying.delete("moved", id, state), { value: {} });
      assert.equal(await status(), "CANCELLED");
    });
  }
});
