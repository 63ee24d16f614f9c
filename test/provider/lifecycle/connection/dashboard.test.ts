import assert from "node:assert/strict";
import type { MistralClient } from "../../../../provider/src/client";
import { previewOfCreate, previewOfUpdate } from "../../../../provider/src/hosts/resourceTypes/jobPreview";
import { UNKNOWN } from "../../../../provider/src/inputs/unknowns";
import { diff } from "../../../../provider/src/lifecycle/diff";
import { functions, runFunction } from "../../../../provider/src/lifecycle/functions/functions";
import { jobPages } from "../../../../provider/src/lifecycle/page/dashboard";
import { read } from "../../../../provider/src/lifecycle/read";
import type { Outputs } from "../../../../provider/src/lifecycle/state/outputs";
import { update } from "../../../../provider/src/lifecycle/update";
import type { Inputs } from "../../../../provider/src/schema/inputs";
import { fastClock, TestHost } from "../../../support/host";
import { initErrorOf } from "../../../support/lifecycle";
import { type Answer, type Received, ScriptedServer } from "../../../support/scriptedServer";
import { DETAILED_JOB, JOB_ID, KEY, MODEL } from "../../client/fixtures";

const CAPABILITIES = "/v1/fine_tuning/capabilities";
const PAGE = `https://train.example.com/page/jobs/${JOB_ID}`;
const DASHBOARD = { dashboard_url: "https://train.example.com/page", features: {} };
const WORKSPACE = { "x-workspace": "default" };

/** A reply to the request for the capabilities: JSON, or a status of a failure. */
type Capabilities = object | number;

describe("the link to the job's page", () => {
  let server: ScriptedServer;
  let count = 0;

  before(async () => {
    server = await ScriptedServer.start();
  });
  after(() => server.stop());

  /** Returns a host with a path of its own on the server: a process asks each server once for its capabilities. */
  function newHost(): TestHost {
    const host = new TestHost({ baseUrl: `${server.url}/server-${++count}`, apiKey: KEY, maxRetries: "0" });
    host.clock = fastClock(1000);
    return host;
  }

  /** Answers as a server with these capabilities, whose job has these statuses, one after the other. */
  function serve(
    capabilities: Capabilities | (() => Capabilities),
    statuses = ["SUCCESS"],
    headers: Record<string, string> = WORKSPACE,
  ): void {
    const left = [...statuses];
    const nextJob = () => {
      const status = left.length > 1 ? left.shift() : left[0];
      return { ...DETAILED_JOB, status, ...(status !== "SUCCESS" && { fine_tuned_model: null }) };
    };
    const answer: Answer = ({ path }, response) => {
      const isCapabilities = path.endsWith(CAPABILITIES);
      const offered = isCapabilities && typeof capabilities === "function" ? capabilities() : capabilities;
      const failure = isCapabilities && typeof offered === "number" ? offered : undefined;
      const reply = isCapabilities ? offered : path.includes("/jobs/") ? nextJob() : jobsOrModel(path, nextJob);
      response.writeHead(failure ?? 200, { "content-type": "application/json", ...headers });
      response.end(JSON.stringify(failure === undefined ? reply : { message: "no" }));
    };
    server.script(answer);
  }

  const jobsOrModel = (path: string, nextJob: () => object) =>
    path.endsWith("/jobs") ? { data: [nextJob(), { ...nextJob(), id: "other" }] } : MODEL;

  const asked = ({ path }: Received) => path.endsWith(CAPABILITIES);
  const inputs = { model: "open-mistral-7b", __urn: "urn:pulumi:dev::p::t::n" } as Inputs;
  const stateOf = async (host: TestHost, more: object = {}): Promise<Outputs> => {
    const baseUrl = String((await host.config())("baseUrl"));
    return { ...inputs, jobId: JOB_ID, status: "RUNNING", baseUrl, ...more } as Outputs;
  };
  const watched = ({ logged }: TestHost) => logged.filter(({ message }) => message.startsWith("watch the job"));

  it("is an output, and is printed once when the wait begins", async () => {
    const host = newHost();
    serve(DASHBOARD, ["RUNNING", "RUNNING", "SUCCESS"]);
    const { dashboardUrl } = await update(JOB_ID, await stateOf(host), inputs, host);
    assert.equal(dashboardUrl, PAGE);
    assert.deepEqual(watched(host), [{ message: `watch the job at ${PAGE}`, importance: "milestone" }]);
    assert.equal(server.received.filter(asked).length, 1);
  });

  it("is not printed for a job that is known to have ended, and is known before the first poll of an update", async () => {
    const host = newHost();
    serve(DASHBOARD, ["FAILED"]);
    const recorded = "https://train.example.com/before";
    const ended = await stateOf(host, { status: "FAILED", dashboardUrl: recorded });
    assert.equal((await initErrorOf(update(JOB_ID, ended, inputs, host))).outputs.dashboardUrl, PAGE);
    assert.deepEqual(watched(host), []);
    host.controller.abort();
    assert.equal((await initErrorOf(update(JOB_ID, ended, inputs, host))).outputs.dashboardUrl, recorded);
  });

  it("is printed also for a job that ends before the first poll", async () => {
    const host = newHost();
    serve(DASHBOARD, ["SUCCESS"]);
    await update(JOB_ID, await stateOf(host), inputs, host);
    assert.equal(watched(host).length, 1);
  });

  it("is in the message about a failed job and about an interrupted wait", async () => {
    const failing = newHost();
    serve(DASHBOARD, ["RUNNING", "FAILED"]);
    const failed = await initErrorOf(update(JOB_ID, await stateOf(failing), inputs, failing));
    assert.ok(failed.message.includes(`The curves and all events of the job are at ${PAGE}\n`), failed.message);
    assert.equal(failed.outputs.dashboardUrl, PAGE);
    const stopping = newHost();
    serve(DASHBOARD, ["RUNNING"]);
    const waiting = initErrorOf(update(JOB_ID, await stateOf(stopping), inputs, stopping));
    await stopping.until(/^watch the job/);
    stopping.controller.abort();
    const { message } = await waiting;
    assert.match(message, /^interrupted; .* run `pulumi up` to continue, or watch the job at https:\S+$/);
    assert.ok(message.endsWith(PAGE));
  });

  it("is asked for again while the request fails, about once a minute", async () => {
    const host = newHost();
    const replies: Capabilities[] = [500, 500, DASHBOARD];
    serve(() => replies.shift() ?? 500, ["RUNNING"]);
    const waiting = initErrorOf(update(JOB_ID, await stateOf(host), inputs, host));
    const start = host.clock.now();
    await host.until(/^watch the job/);
    assert.ok(host.clock.now() - start > 100_000);
    host.controller.abort();
    assert.equal((await waiting).outputs.dashboardUrl, PAGE);
    assert.deepEqual([replies.length, watched(host).length], [0, 1]);
  });

  it("is added by a refresh, without a change of the resource, and removed when the server offers no page any more", async () => {
    const host = newHost();
    serve(DASHBOARD);
    const before = await stateOf(host, { status: "SUCCESS", fineTunedModel: DETAILED_JOB.fine_tuned_model });
    const refreshed = (await read(JOB_ID, before, host)) as Outputs;
    assert.equal(refreshed.dashboardUrl, PAGE);
    for (const olds of [before, refreshed]) {
      assert.deepEqual(diff(JOB_ID, olds, { ...inputs }, host), { changes: false, replaces: [] });
    }
    const without = newHost();
    serve({ features: {} });
    const removed = (await read(JOB_ID, { ...refreshed, ...(await stateOf(without)) }, without)) as Outputs;
    assert.ok(!("dashboardUrl" in removed));
  });

  it("stays as recorded when the request fails, which affects nothing else", async () => {
    for (const capabilities of [500, 403, { features: "none" }]) {
      const host = newHost();
      serve(capabilities, ["RUNNING", "SUCCESS"]);
      const state = await stateOf(host);
      const updated = await update(JOB_ID, state, inputs, host);
      assert.deepEqual([updated.status, "dashboardUrl" in updated], ["SUCCESS", false]);
      const refreshed = await read(JOB_ID, { ...updated, dashboardUrl: PAGE }, host);
      assert.equal(refreshed?.dashboardUrl, PAGE);
      assert.ok(host.logged.every(({ importance }) => importance !== "warning"));
    }
  });

  it("is forgotten when the request fails on another server", async () => {
    const host = newHost();
    serve(500, ["SUCCESS"]);
    const state = await stateOf(host, { dashboardUrl: PAGE, baseUrl: "https://other.example.com" });
    assert.ok(!("dashboardUrl" in ((await read(JOB_ID, state, host)) as Outputs)));
    assert.ok(!("dashboardUrl" in (await update(JOB_ID, state, inputs, host))));
    assert.deepEqual(watched(host), []);
  });

  it("costs no request on a server that names no workspace, such as Mistral's API and release 0.1.0", async () => {
    const host = newHost();
    serve(DASHBOARD, ["RUNNING", "SUCCESS"], {});
    const updated = await update(JOB_ID, await stateOf(host), inputs, host);
    assert.ok(!("dashboardUrl" in updated));
    await run("getFineTuningJob", { jobId: JOB_ID }, host);
    assert.deepEqual(server.received.filter(asked), []);
  });

  const untrusted: [title: string, dashboardUrl: unknown][] = [
    ["credentials", "https://user:password@train.example.com"],
    ["a user name", "https://token@train.example.com/"],
    ["a query", "https://train.example.com/?token=secret"],
    ["a fragment", "https://train.example.com/#token"],
    ["another scheme", "javascript:alert(1)"],
    ["a file", "file:///etc/passwd"],
    ["no URL", "train.example.com"],
    ["nothing", ""],
    ["no text", 7],
    ["far too much", `https://train.example.com/${"a".repeat(5_000)}`],
  ];
  for (const [title, dashboard_url] of untrusted) {
    it(`is not trusted with ${title}`, async () => {
      const host = newHost();
      serve({ dashboard_url, features: {} }, ["RUNNING", "SUCCESS"]);
      const updated = await update(JOB_ID, await stateOf(host), inputs, host);
      assert.deepEqual([updated.status, "dashboardUrl" in updated], ["SUCCESS", false]);
      assert.deepEqual(watched(host), []);
    });
  }

  const places: [baseUrl: string, dashboardUrl: string, isTrusted: boolean][] = [
    ["https://train.example.com", "https://pages.example.com", true],
    ["https://train.example.com", "http://train.example.com", false],
    ["https://train.example.com", "https://127.0.0.1:8080", false],
    ["http://train.example.com", "http://train.example.com", true],
    ["http://train.example.com", "http://localhost:8080", false],
    ["http://localhost:9000", "http://127.0.0.1:8080", true],
    ["https://localhost:9000", "http://localhost:8080", false],
  ];
  for (const [baseUrl, dashboard_url, isTrusted] of places) {
    it(`is ${isTrusted ? "" : "not "}trusted at ${dashboard_url} from ${baseUrl}`, async () => {
      // Another path for each: a process asks each server once for its capabilities.
      const client = { baseUrl: `${baseUrl}/server-${++count}`, capabilities: async () => ({ dashboard_url }) };
      const pages = await jobPages(client as unknown as MistralClient, "default", {}, new TestHost().signal);
      assert.equal(pages?.("job-1"), isTrusted ? `${dashboard_url}/jobs/job-1` : undefined);
    });
  }

  it("contains no key and no control character", async () => {
    const host = newHost();
    const dashboard_url = `http://127.0.0.1:8080/${KEY}/\u001b[31m\u202e/`;
    serve({ dashboard_url, features: {} }, ["RUNNING", "SUCCESS"]);
    const { dashboardUrl = "" } = await update(JOB_ID, await stateOf(host), inputs, host);
    assert.match(dashboardUrl, /^http:\/\/127\.0\.0\.1:8080\/\[secret\]\/[\x21-\x7e]*\/jobs\//);
    assert.ok(!JSON.stringify([dashboardUrl, host.logged]).includes(KEY));
  });

  const run = (name: string, args: object, host: TestHost) => {
    const found = functions.get(`mistral:index:${name}`);
    assert.ok(found);
    return runFunction(found, { ...args }, host);
  };

  it("is a result of both functions, with one request for all jobs of a list", async () => {
    const host = newHost();
    serve(DASHBOARD);
    assert.equal((await run("getFineTuningJob", { jobId: JOB_ID }, host)).dashboardUrl, PAGE);
    const listing = newHost();
    serve(DASHBOARD);
    const { jobs } = await run("listFineTuningJobs", {}, listing);
    const pages = (jobs as Outputs[]).map(({ dashboardUrl }) => dashboardUrl);
    assert.deepEqual(pages, [PAGE, PAGE.replace(JOB_ID, "other")]);
    assert.equal(server.received.filter(asked).length, 1);
    const failing = newHost();
    serve(500);
    await run("listFineTuningJobs", {}, failing);
    assert.equal(server.received.filter(asked).length, 1);
  });

  it("is unknown in the preview of a create, and known in that of an update", async () => {
    const host = newHost();
    assert.equal((await previewOfCreate(inputs, host)).dashboardUrl, UNKNOWN);
    const state = await stateOf(host);
    assert.equal((await previewOfUpdate(state, inputs, host)).dashboardUrl, UNKNOWN);
    const linked = { ...state, dashboardUrl: PAGE };
    assert.equal((await previewOfUpdate(linked, inputs, host)).dashboardUrl, PAGE);
    for (const baseUrl of ["https://other.example.com", UNKNOWN]) {
      const moved = { ...inputs, connection: { baseUrl, apiKey: KEY } } as Inputs;
      assert.equal((await previewOfUpdate(linked, moved, host)).dashboardUrl, UNKNOWN);
    }
  });
});
