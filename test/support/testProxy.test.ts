import assert from "node:assert/strict";
import type { Fault } from "./faults";
import { ScriptedServer } from "./scriptedServer";
import { TestProxy } from "./testProxy";

const job = "/v1/fine_tuning/jobs/b888f774-3e7c-4135-a18c-6b985523c4bc";

describe("the fault-injecting proxy", () => {
  let server: ScriptedServer;
  let proxy: TestProxy;

  before(async () => {
    server = await ScriptedServer.start();
    proxy = await TestProxy.start({ target: server.url });
  });
  after(async () => {
    await proxy.stop();
    await server.stop();
  });
  beforeEach(() => server.script({ json: { id: "an answer that is long enough to be cut" } }));

  /** Sends a request that the proxy handles with the given fault. */
  async function through(fault: Fault) {
    const requests = proxy.route("/s/1", () => fault);
    const reply = await fetch(`${proxy.url("/s/1")}${job}`, { method: "POST", body: "{}" }).catch(() => undefined);
    const text = await reply?.text().catch(() => undefined);
    await proxy.idle();
    return { status: reply?.status, text, reached: server.received.length, delivered: requests[0]?.delivered };
  }

  it("forwards requests without their prefix, and records a template without the ID", async () => {
    const requests = proxy.route("/s/1");
    await fetch(`${proxy.url("/s/1")}${job}?page=1`);
    assert.equal(server.only.path, job);
    assert.deepEqual(server.only.query, { page: "1" });
    assert.equal(requests[0]?.template, "GET /v1/fine_tuning/jobs/{id}");
  });

  it("cuts the connection before a request reaches the server", async () => {
    const expected = { status: undefined, text: undefined, reached: 0, delivered: false };
    assert.deepEqual(await through({ kind: "cut-before" }), expected);
  });

  it("cuts the connection after the server replied and the callback has run", async () => {
    let reached = 0;
    const forwarded = () => {
      reached = server.received.length;
    };
    const expected = { status: undefined, text: undefined, reached: 1, delivered: false };
    assert.deepEqual(await through({ kind: "cut-after", forwarded }), expected);
    assert.equal(reached, 1);
  });

  it("answers instead of the server", async () => {
    const answer = { kind: "answer", status: 502, headers: { "content-type": "text/html" }, body: "<p>" } as const;
    assert.deepEqual(await through(answer), { status: 502, text: "<p>", reached: 0, delivered: false });
  });

  it("cuts the connection in the middle of a reply's body", async () => {
    const expected = { status: 200, text: undefined, reached: 1, delivered: false };
    assert.deepEqual(await through({ kind: "truncate", share: 0.5 }), expected);
  });

  it("delivers delayed and slow replies completely", async () => {
    for (const fault of [
      { kind: "delay", milliseconds: 20 },
      { kind: "trickle", milliseconds: 5 },
    ] as const) {
      server.script({ json: { id: "slow" } });
      const started = performance.now();
      assert.deepEqual(await through(fault), { status: 200, text: '{"id":"slow"}', reached: 1, delivered: true });
      assert.ok(performance.now() - started > 15);
    }
  });

  it("forwards to another address after the target changes", async () => {
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
