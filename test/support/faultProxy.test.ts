import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { FaultProxy } from "./faultProxy";
import type { Fault } from "./faults";
import { ScriptedServer } from "./scriptedServer";

/** The proxy learns a moment later than the client that all has arrived. */
const GRACE_MS = 20;
const job = "/v1/fine_tuning/jobs/b888f774-3e7c-4135-a18c-6b985523c4bc";

describe("the proxy that breaks things", () => {
  let server: ScriptedServer;
  let proxy: FaultProxy;

  before(async () => {
    server = await ScriptedServer.start();
    proxy = await FaultProxy.start(server.url);
  });
  after(async () => {
    await proxy.stop();
    await server.stop();
  });
  beforeEach(() => server.script({ json: { id: "an answer that is long enough to be cut" } }));

  /** Sends a request that meets with a fault. */
  async function through(fault: Fault) {
    const passed = proxy.route("/s/1", () => fault);
    const reply = await fetch(`${proxy.url("/s/1")}${job}`, { method: "POST", body: "{}" }).catch(() => undefined);
    const text = await reply?.text().catch(() => undefined);
    await sleep(GRACE_MS);
    return { status: reply?.status, text, reached: server.received.length, delivered: passed[0]?.delivered };
  }

  it("passes requests on without their prefix, and says what was asked for without its id", async () => {
    const passed = proxy.route("/s/1");
    await fetch(`${proxy.url("/s/1")}${job}?page=1`);
    assert.equal(server.only.path, job);
    assert.deepEqual(server.only.query, { page: "1" });
    assert.equal(passed[0]?.template, "GET /v1/fine_tuning/jobs/{id}");
  });

  it("cuts before a request reaches the server", async () => {
    const expected = { status: undefined, text: undefined, reached: 0, delivered: false };
    assert.deepEqual(await through({ kind: "cut-before" }), expected);
  });

  it("cuts after it has, once what is to happen then has happened", async () => {
    let reached = 0;
    const forwarded = () => {
      reached = server.received.length;
    };
    const expected = { status: undefined, text: undefined, reached: 1, delivered: false };
    assert.deepEqual(await through({ kind: "cut-after", forwarded }), expected);
    assert.equal(reached, 1);
  });

  it("answers in the server's place", async () => {
    const answer = { kind: "answer", status: 502, headers: { "content-type": "text/html" }, body: "<p>" } as const;
    assert.deepEqual(await through(answer), { status: 502, text: "<p>", reached: 0, delivered: false });
  });

  it("breaks a reply off in its body", async () => {
    const expected = { status: 200, text: undefined, reached: 1, delivered: false };
    assert.deepEqual(await through({ kind: "truncate", share: 0.5 }), expected);
  });

  it("delivers what is only late or slow", async () => {
    for (const fault of [
      { kind: "delay", milliseconds: 20 },
      { kind: "trickle", milliseconds: 5 },
    ] as const) {
      server.script({ json: { id: "slow" } });
      const started = performance.now();
      assert.deepEqual(await through(fault), { status: 200, text: '{"id":"slow"}', reached: 1, delivered: true });
      assert.ok(performance.now() - started > GRACE_MS + 15);
    }
  });

  it("follows the server to another address", async () => {
    const other = await ScriptedServer.start();
    try {
      other.script({ json: {} });
      proxy.target = other.url;
      assert.equal((await through({ kind: "none" })).reached, 0);
      assert.equal(other.received.length, 1);
    } finally {
      proxy.target = server.url;
      await other.stop();
    }
  });
});
