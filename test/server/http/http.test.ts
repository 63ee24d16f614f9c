import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { startServer } from "../../../server/src/index";
import { eventually } from "../../support/eventually";
import { folder, type Reply, removeFolders, withServer } from "../support";

describe("server: invalid HTTP requests", () => {
  const api = withServer({ pageDir: folder() });

  const post = (body: string | Uint8Array, type = "application/json"): Promise<Reply> =>
    api.send("/v1/fine_tuning/jobs", { method: "POST", body, headers: { "content-type": type } });

  for (const [what, body] of [
    ["is not JSON", "{"],
    ["contains NaN", '{"model": NaN}'],
    ["contains a number that overflows", '{"model":"m","hyperparameters":{"learning_rate":1e999}}'],
    ["is not UTF-8", Uint8Array.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])],
    ["is a list", "[]"],
    ["is a number", "1"],
    ["is null", "null"],
    ["is empty", ""],
    ["is nested too deeply", "[".repeat(100_000)],
    ["sets __proto__", '{"__proto__":{"a":1}}'],
    ["sets constructor.prototype", '{"constructor":{"prototype":{"a":1}}}'],
  ] as const) {
    it(`rejects a body that ${what}`, async () => {
      const { status, body: reply } = await post(body);
      assert.equal(status, 422, JSON.stringify(reply));
      assert.equal(reply.detail[0].loc[0], "body");
    });
  }

  it("does not quote an invalid JSON body in the reply", async () => {
    const { body } = await post('{"api_key": "S3CRET",,}');
    assert.ok(!JSON.stringify(body).includes("S3CRET"));
  });

  it("rejects an unsupported content type", async () => {
    for (const type of ["text/plain", "application/xml", "multipart/form-data; boundary=x"]) {
      const { status, body } = await post("{}", type);
      assert.equal(status, 422, type);
      assert.ok(body.detail[0].msg.length > 0);
    }
  });

  it("rejects a body over a megabyte", async () => {
    const { status, body } = await post(JSON.stringify({ model: "x".repeat(2 ** 20) }));
    assert.deepEqual([status, body.code, body.type], [413, 413, "too_large"]);
  });

  it("accepts an empty JSON body when the route needs no body", async () => {
    const { id } = await api.job({ auto_start: false });
    await api.until(id, "VALIDATED");
    const headers = { "content-type": "application/json" };
    const { status } = await api.send(`/v1/fine_tuning/jobs/${id}/start`, { method: "POST", headers });
    assert.equal(status, 200);
  });

  it("answers 404 for unknown routes", async () => {
    for (const [method, path] of [
      ["GET", "/"],
      ["GET", "/v1"],
      ["GET", "/v1/nothing"],
      ["GET", "/v1/files/"],
      ["GET", "/v1/fine_tuning/jobs/x/y"],
      ["POST", "/v2/files"],
      ["GET", "/v1/models/a/b"],
    ]) {
      const { status, body } = await api.call(method as string, path as string);
      assert.equal(status, 404, path);
      assert.equal(body.code, 404);
    }
    const { status } = await api.send("/nowhere", {
      method: "POST",
      body: "x",
      headers: { "content-type": "text/plain" },
    });
    assert.equal(status, 404);
  });

  it("answers 405 with the allowed methods for known routes with another method", async () => {
    for (const [method, path, allow] of [
      ["PUT", "/v1/fine_tuning/jobs", "GET, HEAD, POST"],
      ["DELETE", "/v1/fine_tuning/jobs/x", "GET, HEAD"],
      ["GET", "/v1/fine_tuning/jobs/x/start", "POST"],
      ["PATCH", "/v1/models", "GET, HEAD"],
      ["GET", "/v1/fine_tuning/models/x", "PATCH"],
      ["OPTIONS", "/v1/files", "GET, HEAD, POST"],
    ] as const) {
      const { status, body, headers } = await api.call(method, path);
      assert.deepEqual([status, body.code, headers.get("allow")], [405, 405, allow], path);
    }
  });

  it("answers 414 for a too long id", async () => {
    const { status, body } = await api.call("GET", `/v1/models/${"x".repeat(5000)}`);
    assert.deepEqual([status, body.code], [414, 414]);
  });

  it("answers 400 for an invalid percent-encoding", async () => {
    for (const path of ["/v1/models/%", "/v1/models/%zz", "/v1/files/%ff/content"]) {
      const { status, body } = await api.call("GET", path);
      assert.equal(status, 400, path);
      assert.equal(body.code, 400);
    }
  });

  it("gives every reply a unique request id", async () => {
    const replies = [
      await api.call("GET", "/v1/models"),
      await api.call("GET", "/healthz"),
      await api.call("GET", "/nothing"),
      await api.call("PUT", "/v1/models"),
      await api.call("GET", "/v1/models/%zz"),
      await api.call("GET", "/v1/files?page=x"),
      await post("{"),
    ];
    const ids = replies.map((reply) => reply.headers.get("x-request-id"));
    assert.equal(new Set(ids).size, replies.length);
    for (const id of ids) {
      assert.match(id ?? "", /^[0-9a-f-]{36}$/);
    }
  });

  for (const [what, request, status] of [
    ["is not HTTP", "hello\r\n\r\n", 400],
    ["has too large headers", `GET /v1/models HTTP/1.1\r\nHost: x\r\nX: ${"y".repeat(100_000)}\r\n\r\n`, 431],
    ["has no host", "GET /v1/models HTTP/1.1\r\n\r\n", 400],
  ] as const) {
    it(`answers a request that ${what} with ${status}`, async () => {
      const reply = await raw(Number(new URL(api.url).port), request);
      assert.match(reply, new RegExp(`^HTTP/1.1 ${status} `));
    });
  }
});

describe("server: shutdown", () => {
  after(removeFolders);

  it("does not wait for keep-alive and unused connections", async () => {
    const server = await startServer({ dataDir: folder() });
    const unused = connect(Number(new URL(server.url).port), "127.0.0.1");
    unused.on("error", () => {});
    await once(unused, "connect");
    await Promise.all(Array.from({ length: 5 }, () => fetch(`${server.url}/v1/models`)));
    const started = Date.now();
    await server.close();
    assert.ok(Date.now() - started < 3000);
    await assert.rejects(fetch(`${server.url}/healthz`));
  });

  it("waits for a running request", async () => {
    const server = await startServer({ dataDir: folder() });
    const body = `--b\r\nContent-Disposition: form-data; name="file"; filename="a.jsonl"\r\n\r\n{}\r\n--b--\r\n`;
    const socket = connect(Number(new URL(server.url).port), "127.0.0.1");
    socket.write(
      `POST /v1/files HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=b\r\n` +
        `Content-Length: ${body.length}\r\nExpect: 100-continue\r\n\r\n${body.slice(0, 20)}`,
    );
    // The server has begun to handle the request.
    const [first] = await once(socket, "data");
    assert.match(String(first), /^HTTP\/1\.1 100 Continue/);
    const closed = server.close();
    await eventually("no new connection", async () => (await fetch(server.url).catch(() => "refused")) === "refused");
    socket.write(body.slice(20));
    assert.match(await text(socket), /^HTTP\/1\.1 200 /);
    await closed;
  });
});

function raw(port: number, request: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => socket.write(request));
    let reply = "";
    socket.on("data", (chunk) => {
      reply += chunk;
    });
    // The server may reset the connection after the reply. Only the reply matters.
    socket.on("error", () => {});
    socket.on("close", () => resolve(reply));
  });
}
