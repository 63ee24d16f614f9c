import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import Fastify from "fastify";
import { closeSlowBodies } from "../../../server/src/http/connections/slowBodies";
import { TestServer } from "../../support/server";
import { Api, removeFolders, withServer } from "../support";

const KEY = "a-key";
const sockets: Socket[] = [];

function open(url: string, request = ""): Socket {
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  sockets.push(socket);
  // The server closes these connections, some of them with a reset.
  socket.on("error", () => {});
  socket.write(request);
  return socket;
}

const upload = (key: string, bytes = 1_000_000) =>
  `POST /v1/files HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${key}\r\nContent-Length: ${bytes}\r\n` +
  `Content-Type: multipart/form-data; boundary=b\r\n\r\n` +
  `--b\r\nContent-Disposition: form-data; name="file"; filename="a.jsonl"\r\n\r\n`;

const models = (key: string) => `GET /v1/models HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${key}\r\n\r\n`;

async function firstLine(socket: Socket): Promise<string> {
  const [chunk] = await once(socket, "data");
  return String(chunk).split("\r\n", 1)[0] as string;
}

afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
});

describe("server: connections of a server with few descriptors", () => {
  afterEach(async () => {
    await TestServer.killAll();
    removeFolders();
  });

  for (const [what, request] of [
    ["upload slowly", upload("wrong")],
    ["send nothing", ""],
    ["send half of their headers", upload("wrong").slice(0, 40)],
    ["upload slowly to a route that needs no key", upload("wrong").replace("POST /v1/files", "GET /healthz")],
  ] as const) {
    it(`answers a client with a key while 400 others ${what}`, async () => {
      const wrapper = ["sh", "-c", 'ulimit -n 128 && exec "$@"', "sh"];
      const { url } = await TestServer.start({ wrapper, args: ["--api-key", KEY] });
      const others = Array.from({ length: 400 }, () => open(url, request));
      await Promise.all(others.map((socket) => once(socket, "connect")));
      for (let round = 0; round < 5; round++) {
        // Each round uses a new connection, as a new client does.
        const init = { headers: { authorization: `Bearer ${KEY}`, connection: "close" } };
        const reply = await fetch(`${url}/v1/models`, { ...init, signal: AbortSignal.timeout(2000) });
        assert.equal(reply.status, 200);
      }
      assert.equal((await new Api(url, KEY).upload("{}")).status, 200);
    });
  }
});

describe("server: limit on connections", () => {
  const api = withServer({ apiKeys: [KEY], maxConnections: 2 });

  it("replaces connections without a valid key, and refuses others with 503", async () => {
    const idle = open(api.url);
    await once(idle, "connect");
    const kept = [];
    for (let count = 0; count < 2; count++) {
      const socket = open(api.url, models(KEY));
      assert.equal(await firstLine(socket), "HTTP/1.1 200 OK");
      kept.push(socket);
    }
    assert.match(await text(idle), /^HTTP\/1\.1 503 /);
    const refused = await text(open(api.url, models(KEY)));
    assert.match(refused, /^HTTP\/1\.1 503 Service Unavailable\r\n/);
    assert.match(refused, /\r\nRetry-After: 1\r\n/);
    assert.match(refused, /limit of 2 connections/);
    for (const socket of kept) {
      socket.write(models(KEY));
      assert.equal(await firstLine(socket), "HTTP/1.1 200 OK");
      socket.destroy();
    }
  });
});

describe("server: requests without a valid key", () => {
  const api = withServer({ apiKeys: [KEY] });

  for (const [what, request, status] of [
    ["an upload with a wrong key", upload("wrong", 1e9), 401],
    ["an unknown route", upload("wrong", 1e9).replace("/v1/files", "/nothing"), 404],
    [
      "a signed URL with a wrong signature",
      upload("", 1e9).replace("POST /v1/files", "GET /v1/files/x/content?expires=1&signature=x"),
      403,
    ],
  ] as const) {
    it(`closes the connection of ${what} without reading the body`, async () => {
      const socket = open(api.url, request);
      let reply = "";
      socket.on("data", (chunk) => {
        reply += chunk;
      });
      const chunk = Buffer.alloc(64 * 1024);
      const send = () => {
        while (socket.writable && socket.write(chunk));
      };
      socket.on("drain", send);
      send();
      const started = performance.now();
      await once(socket, "close");
      assert.match(reply, new RegExp(`^HTTP/1.1 ${status} `));
      assert.match(reply, /\r\nconnection: close\r\n/);
      assert.ok(performance.now() - started < 3000);
      // The buffers of the system, and what arrived before the reply.
      assert.ok(socket.bytesWritten - socket.writableLength < 32_000_000, `${socket.bytesWritten} bytes were sent`);
    });
  }

  it("keeps the connection of an authenticated client after an error", async () => {
    const socket = open(api.url, models(KEY).replace("/v1/models", "/v1/nothing"));
    assert.match(await firstLine(socket), / 404 /);
    socket.write(models(KEY));
    assert.match(await firstLine(socket), / 200 /);
  });
});

describe("server: floods on one connection", () => {
  const api = withServer({ apiKeys: [KEY] });

  it("closes a connection that sends many requests without waiting for the replies", async () => {
    const socket = open(api.url, "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(20_000));
    let replies = 0;
    socket.on("data", (chunk) => {
      replies += String(chunk).match(/HTTP\/1\.1/g)?.length ?? 0;
    });
    await new Promise((resolve) => socket.once("close", resolve));
    assert.ok(replies <= 10, `${replies} replies`);
  });

  it("answers a few requests that are sent at once", async () => {
    const socket = open(api.url, models(KEY).repeat(9) + models(KEY).replace("\r\n", "\r\nConnection: close\r\n"));
    assert.equal((await text(socket)).match(/HTTP\/1\.1 200 OK/g)?.length, 10);
  });

  it("closes a connection whose body arrives in tiny chunks, also with chunk extensions", async () => {
    const headers =
      `POST /v1/fine_tuning/jobs HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${KEY}\r\n` +
      "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (const extension of ["", ";a=b"]) {
      const reply = await text(open(api.url, `${headers}${`1${extension}\r\na\r\n`.repeat(12_000)}0\r\n\r\n`));
      assert.match(reply, /^HTTP\/1\.1 400 Bad Request\r\n/);
      assert.match(reply, /too many tiny chunks/);
    }
    // Some clients send a chunk for each line.
    const lines = `10\r\n${"a".repeat(16)}\r\n`.repeat(12_000);
    const accepted = await firstLine(open(api.url, `${headers}${lines}0\r\n\r\n`));
    assert.equal(accepted, "HTTP/1.1 422 Unprocessable Entity");
  });
});

describe("server: slow bodies", () => {
  const app = Fastify();
  closeSlowBodies(app, { window: 100, bytesPerSecond: 1000 });
  app.post("/", async ({ body }) => ({ length: (body as string).length }));
  let url: string;
  before(async () => {
    url = await app.listen({ port: 0, host: "127.0.0.1" });
  });
  after(() => app.close());

  const post = "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\n";

  it("answers 408 and closes the connection", async () => {
    for (const headers of ["Content-Length: 1000\r\n\r\nab", "Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n"]) {
      const reply = await text(open(url, `${post}${headers}`));
      assert.match(reply, /^HTTP\/1\.1 408 Request Timeout\r\n/);
      assert.match(reply, /less than 1000 bytes\/s/);
    }
  });

  it("accepts a body that arrives fast enough", async () => {
    const socket = open(url, `${post}Connection: close\r\nContent-Length: 2000\r\n\r\n`);
    for (let sent = 0; sent < 2000; sent += 400) {
      socket.write("x".repeat(400));
      await sleep(60);
    }
    assert.match(await text(socket), /^HTTP\/1\.1 200 [\s\S]*"length":2000/);
  });
});
