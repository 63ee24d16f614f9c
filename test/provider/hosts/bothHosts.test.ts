import assert from "node:assert/strict";
import { mkdtemp, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { eventually } from "../../support/eventually";
import { startPagesServer } from "../../support/pagesServer";
import { type HostKind, ProviderHost } from "../../support/providerHost/providerHost";
import type { CallResult, Properties } from "../../support/providerHost/wire";
import type { RecordedRequest } from "../../support/proxiedRequest";
import { sample } from "../../support/samples";
import { TestServer } from "../../support/server";
import { TestProxy } from "../../support/testProxy";
import { FILE } from "../client/fixtures";

const repository = resolve(__dirname, "../../..");
const INPUTS = { model: "open-mistral-7b", trainingFiles: ["train.jsonl"], hyperparameters: { trainingSteps: 20 } };
const SECRET_KEY = "a-key-of-this-test-0123456789";

/** What a case sees of one host: everything here must be the same on both. */
interface Run {
  host: ProviderHost;
  /** Name of the case's resource: no case sees the jobs of another one. */
  name: string;
  /** Returns a checked declaration. */
  declare(news: Properties, olds?: Properties): Promise<Properties>;
  /** Creates a job and returns its state. */
  created(
    news?: Properties,
    options?: { timeoutSeconds?: number },
  ): Promise<{ id: string; properties: Properties; inputs: Properties }>;
  write(file: string, text: string): Promise<void>;
  /** Adds a result to the comparison. */
  see(result: unknown): void;
}

/** Every case runs on both hosts, each with a server of its own. The last one stops the dynamic host for good. */
const cases: Record<string, (run: Run) => Promise<void>> = {
  async "checks valid inputs"({ name, host, see }) {
    see(await host.check(name, {}, INPUTS));
    see(await host.check(name, {}, { ...INPUTS, suffix: "mine", triggers: [1, { a: ["b"] }] }));
  },
  async "reports each invalid input with its path"({ name, host, see }) {
    see(await host.check(name, {}, { ...INPUTS, modell: "x", hyperparameters: { trainingStep: 3, learningRate: 7 } }));
    see(await host.check(name, {}, { ...INPUTS, trainingFiles: ["none.jsonl"] }));
    see(await host.check(name, {}, { ...INPUTS, connection: { baseUrl: "ftp://x" } }));
  },
  async "reports invalid data by line"({ name, host, see, write }) {
    await write("bad.jsonl", `${sample("What?")}{"messages": [{"role": "user"}]}\n`);
    see(await host.check(name, {}, { ...INPUTS, trainingFiles: ["bad.jsonl"] }));
  },
  async "accepts unknown values"({ name, host, see }) {
    see(await host.check(name, {}, { ...INPUTS, model: UNKNOWN, hyperparameters: { trainingSteps: UNKNOWN } }));
  },
  async "creates, shows no change, refreshes and deletes"({ name, host, created, declare, see }) {
    const { id, properties, inputs } = await created();
    see(properties);
    const again = await declare(INPUTS, inputs);
    see(await host.diff(name, id, properties, again));
    const read = await host.read(name, id, properties, inputs);
    see(read.value?.properties ?? read);
    see(await host.delete(name, id, properties));
  },
  async "adopts the job of the same inputs"({ created, see }) {
    const first = await created();
    const second = await created();
    assert.equal(second.id, first.id);
    see(second.properties);
  },
  async "keeps the job's ID when the time is over, and waits on in the update"({ name, host, declare, see }) {
    const inputs = await declare({ ...INPUTS, hyperparameters: { trainingSteps: 400 } });
    const { failure } = await host.create(name, inputs, { timeoutSeconds: 3 });
    assert.ok(failure?.existing);
    see({ message: failure.message, id: failure.existing.id, inputs: pick(failure.existing.properties) });
    const { id, properties } = failure.existing;
    see(await host.diff(name, id, properties, inputs));
    see(await host.update(name, id, properties, inputs));
  },
  async "replaces, updates and ignores as the inputs say"({ name, host, created, declare, write, see }) {
    const { id, properties, inputs } = await created();
    for (const change of [
      { hyperparameters: { trainingSteps: 30 } },
      { modelName: "Support bot" },
      { pollInterval: 3 },
      { triggers: ["again"] },
    ]) {
      see(await host.diff(name, id, properties, await declare({ ...INPUTS, ...change }, inputs)));
    }
    await write("train.jsonl", sample("Another?"));
    see(await host.diff(name, id, properties, await declare(INPUTS, inputs)));
  },
  async "names the model in an update"({ name, host, created, declare, see }) {
    const { id, properties, inputs } = await created();
    see(await host.update(name, id, properties, await declare({ ...INPUTS, modelName: "Support bot" }, inputs)));
  },
  async "says that a job is gone"({ name, host, created, see }) {
    const { properties, inputs } = await created();
    const { fineTunedModel, ...withoutModel } = properties;
    const { value, failure } = await host.read(name, "00000000-0000-4000-8000-000000000000", withoutModel, inputs);
    see({ id: value?.id, failure });
  },
  async "explains a rejected key"({ name, host, created, declare, see }) {
    const { id, properties, inputs } = await created();
    const connection = { apiKey: "a-wrong-key-of-this-test", baseUrl: properties.baseUrl as string };
    see(await host.create("other", await declare({ ...INPUTS, triggers: [2], connection })));
    see(await host.read(name, id, { ...properties, connection }, inputs));
  },
  async "refuses a job above maxCost"({ name, host, see }) {
    see(await host.check(name, {}, { ...INPUTS, maxCost: 0.01 }));
  },
  async "reports a failed training"({ name, host, declare, see }) {
    const inputs = await declare({ ...INPUTS, hyperparameters: { trainingSteps: 20, learningRate: 1 } });
    const { failure } = await host.create(name, inputs);
    assert.ok(failure?.existing);
    see(failure);
  },
  async "cancels a running job on delete"({ name, host, declare, see }) {
    const inputs = await declare({ ...INPUTS, hyperparameters: { trainingSteps: 100_000 }, waitForCompletion: false });
    const { value } = await host.create(name, inputs);
    assert.ok(value);
    see(await host.delete(name, value.id, value.properties));
  },
  async "approves a model, misses, keeps the previous one and deletes"({ name, host, created, write, see }) {
    await write("validation.jsonl", sample("Why?"));
    const { properties: job } = await created({ ...INPUTS, validationFiles: ["validation.jsonl"] });
    const approvals = host.of("ModelApproval");
    see(await approvals.check(name, {}, { jobId: job.jobId }));
    see(await approvals.check(name, {}, { jobId: UNKNOWN, minAccuracy: 2, minLoss: 1 }));
    const declare = async (news: Properties, olds: Properties = {}) =>
      expectValue(await approvals.check(name, olds, { jobId: job.jobId, ...news })).inputs;
    const inputs = await declare({ minImprovement: -100 });
    const { id, properties } = expectValue(await approvals.create(name, inputs));
    see({ id, properties });
    const strict = await declare({ minTokenAccuracy: 1 }, inputs);
    see(await approvals.diff(name, id, properties, strict));
    const missed = await approvals.update(name, id, properties, strict);
    assert.ok(missed.failure && !missed.failure.existing, JSON.stringify(missed));
    see(missed);
    see(await approvals.diff(name, id, properties, await declare({ minImprovement: -100 }, inputs)));
    see(expectValue(await approvals.read(name, id, properties, inputs)).properties);
    see(await approvals.update(name, id, properties, { ...strict, onMiss: "keepPrevious" }));
    see(await approvals.delete(name, id, properties));
  },
  async "links to the page of a job, and reports a missed approval"({ name, host, declare, see }) {
    const pages = await startPagesServer();
    try {
      const connection = { baseUrl: pages.url, apiKey: SECRET_KEY };
      const inputs = await declare({ ...INPUTS, trainingFiles: [{ fileId: FILE.id }], connection });
      const { id, properties } = expectValue(await host.create(name, inputs));
      assert.equal(properties.dashboardUrl, `https://train.example.com/page/jobs/${id}`);
      const { dashboardUrl, ...before } = properties;
      see(await host.diff(name, id, before, inputs));
      const read = expectValue(await host.read(name, id, before, inputs));
      assert.equal(read.properties.dashboardUrl, dashboardUrl);
      const approvals = host.of("ModelApproval");
      const checked = await approvals.check(name, {}, { jobId: id, maxValidationLoss: 1, connection });
      see((await approvals.create(name, expectValue(checked).inputs)).failure);
      const reports = pages.received.filter(({ path }) => path.endsWith("/misses"));
      see(reports.map((report) => report.json()));
      assert.equal(reports.length, 1);
    } finally {
      await pages.stop();
    }
  },
  async "is interrupted by Cancel"({ name, host, declare, see }) {
    const inputs = await declare({ ...INPUTS, hyperparameters: { trainingSteps: 100_000 } });
    const running = host.create(name, inputs);
    await eventually(
      "the job runs",
      async () =>
        host.engine.messages.some(({ urn, text }) => urn === host.urn(name) && text.startsWith("RUNNING")) || undefined,
    );
    await host.cancel();
    const { failure } = await running;
    assert.ok(failure?.existing, JSON.stringify(failure));
    see({ message: failure.message, reasons: failure.existing.reasons });
  },
};

const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

describe("both hosts", function () {
  this.timeout(120_000);
  const sides: Side[] = [];

  before("start the hosts", async () => {
    for (const kind of ["dynamic", "plugin"] as const) sides.push(await Side.start(kind));
  });
  after("stop the hosts", () => Promise.all(sides.map((side) => side.stop())));

  for (const [index, [title, run]] of Object.entries(cases).entries()) {
    it(title, async () => {
      const [dynamic, plugin] = await Promise.all(sides.map((side) => side.run(`case-${index}`, run)));
      assert.ok(dynamic && plugin && dynamic.seen.length > 0);
      assert.deepEqual(plugin.seen, dynamic.seen);
      assert.deepEqual(plugin.calls, dynamic.calls);
      // Messages are sent without waiting for the engine's answer, so the last ones may still be on their way.
      const isSame = async () => isDeepStrictEqual(plugin.messages(), dynamic.messages()) || undefined;
      await eventually("the same messages", isSame).catch(() => {});
      assert.deepEqual(plugin.messages(), dynamic.messages());
    });
  }
});

/** One of the two hosts, with its server and its program's folder. */
class Side {
  private constructor(
    private readonly folder: string,
    private readonly server: TestServer,
    private readonly proxy: TestProxy,
    private readonly host: ProviderHost,
  ) {}

  static async start(kind: HostKind): Promise<Side> {
    const folder = await realpath(await mkdtemp(join(tmpdir(), "both-hosts-")));
    const server = await TestServer.start({ speed: 100, env: { MISTRAL_SERVER_API_KEYS: SECRET_KEY } });
    const proxy = await TestProxy.start({ target: server.url });
    await symlink(join(repository, "node_modules"), join(folder, "node_modules"));
    const host = await ProviderHost.start(kind, folder, { XDG_CACHE_HOME: folder });
    await host.configure({ baseUrl: proxy.url(), apiKey: SECRET_KEY });
    return new Side(folder, server, proxy, host);
  }

  async run(name: string, run: (run: Run) => Promise<void>) {
    const { folder, server, proxy, host } = this;
    const requests = proxy.route("");
    const firstMessage = host.engine.messages.length;
    const write = (file: string, text: string) => writeFile(join(folder, file), text);
    await write("train.jsonl", sample("What?"));
    const seen: unknown[] = [];
    const declare = async (news: Properties, olds: Properties = {}) => {
      const { inputs, failures } = expectValue(await host.check(name, olds, news));
      assert.deepEqual(failures, []);
      return inputs;
    };
    await run({
      name,
      host,
      declare,
      async created(news = INPUTS, options) {
        const inputs = await declare(news);
        return { ...expectValue(await host.create(name, inputs, options)), inputs };
      },
      write,
      see: (result) => seen.push(result),
    });
    const normal = normaliser([proxy.url(), "<server>"], [server.url, "<server>"], [folder, "<folder>"]);
    const messages = () => host.engine.messages.slice(firstMessage).filter(({ ephemeral }) => !ephemeral);
    assert.ok(!JSON.stringify([seen, messages()]).includes(SECRET_KEY));
    return {
      seen: normal(withoutHostValues(seen)) as unknown[],
      calls: callsOf(requests),
      messages: () => normal(messages().map(({ urn, ...message }) => ({ ...message, own: urn === host.urn(name) }))),
    };
  }

  async stop(): Promise<void> {
    await this.host.stop();
    await this.proxy.stop();
    await this.server.stopAndRemove();
    await rm(this.folder, { recursive: true });
  }
}

/** Every request that changes something, in order, and each kind of read: how often a host reads depends on the time. */
function callsOf(requests: readonly RecordedRequest[]) {
  const calls = requests.map(({ method, template, status }) => ({ method, call: `${template} ${status}` }));
  const changes = calls.filter(({ method }) => method !== "GET").map(({ call }) => call);
  return { changes, reads: [...new Set(calls.map(({ call }) => call))].sort() };
}

function expectValue<T>({ value, failure }: CallResult<T>): T {
  if (value === undefined) throw new Error(JSON.stringify(failure));
  return value;
}

const pick = ({ model, trainingFiles, suffix }: Properties) => ({ model, trainingFiles, suffix });

/** Removes what each host keeps in its own way. */
function withoutHostValues(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutHostValues);
  if (typeof value !== "object" || value === null) return value;
  const { __provider, __urn, __timeouts, ...rest } = value as Properties;
  return Object.fromEntries(Object.entries(rest).map(([key, item]) => [key, withoutHostValues(item)]));
}

/** Replaces what differs between two runs of the same case: IDs, times, random figures of the simulation. */
function normaliser(...known: [string, string][]) {
  return (value: unknown): unknown => {
    const ids = new Map<string, string>();
    let text = JSON.stringify(value);
    for (const [from, to] of known) text = text.replaceAll(from, to);
    text = text
      .replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, (id) => {
        ids.set(id, ids.get(id) ?? `<id ${ids.size + 1}>`);
        return ids.get(id) as string;
      })
      .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "<time>")
      .replace(/"(train|valid)Loss":[\d.]+/g, '"$1Loss":"<loss>"')
      .replace(/"(\w*[aA]ccuracy)":[\d.]+/g, '"$1":"<share>"')
      .replace(/((?:loss|accuracy)(?: is)?|7b|model|→) [\d.]+( %)?/g, "$1 <figure>")
      .replace(/(ft:[^"]*?:)\d{8}:[0-9a-f]{8}/g, "$1<date>:<job>");
    return JSON.parse(text);
  };
}
