import assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import * as api from "../../../../provider/src/client";
import { type Answer, ScriptedServer } from "../../../support/scriptedServer";
import { DETAILED_JOB, FILE_ID, JOB, JOB_ID, KEY } from "../fixtures";

const JSON_TYPE = { "content-type": "application/json" };

/** Sends chunks until the client closes the connection. */
const endless =
  (chunk: string, status = 200): Answer =>
  (_request, response) => {
    response.writeHead(status, JSON_TYPE);
    const send = () => {
      while (response.writable && response.write(chunk)) {}
    };
    response.on("drain", send);
    send();
  };

/** Sends one byte every 10 ms. */
const drip =
  (begin: (response: ServerResponse) => void): Answer =>
  (_request, response) => {
    begin(response);
    const timer = setInterval(() => response.write(" "), 10);
    response.on("close", () => clearInterval(timer));
  };

describe("the client against a hostile server", function () {
  this.timeout(20_000);
  let server: ScriptedServer;
  let client: api.MistralClient;

  before(async () => {
    server = await ScriptedServer.start();
    client = new api.MistralClient({ apiKey: KEY, baseUrl: server.url, maxRetries: 1, requestTimeoutMs: 200 });
  });
  after(() => server.stop());

  const failure = async (answer: Answer, call = () => client.jobs.get(JOB_ID) as Promise<unknown>) => {
    server.script(answer);
    const error = await call().then(
      () => assert.fail("did not fail"),
      (error: unknown) => error,
    );
    assert.ok(error instanceof api.MistralError, String(error));
    assert.ok(error.message.length < 6_000, `a message of ${error.message.length} characters`);
    return error;
  };

  describe("whose reply is too large", () => {
    const tooLarge = async (answer: Answer, call?: () => Promise<unknown>) => {
      const before = process.memoryUsage().rss;
      const error = await failure(answer, call);
      assert.ok(error instanceof api.InvalidResponseError, error.message);
      assert.match(error.message, /larger than 32 MiB/);
      assert.equal(server.received.length, 1, "the request was retried");
      const growth = (process.memoryUsage().rss - before) / 2 ** 20;
      assert.ok(growth < 300, `memory grew by ${growth} MiB`);
    };
    const chunk = "x".repeat(2 ** 20);

    it("because it never ends", () => tooLarge(endless(chunk)));
    it("because an error never ends", () => tooLarge(endless(chunk, 503)));
    it("because the reply to an upload never ends", () =>
      tooLarge(endless(chunk), () => client.files.upload({ name: "a.jsonl", content: "{}" })));
    it("by its content-length", () =>
      tooLarge((_request, response) => response.writeHead(200, { ...JSON_TYPE, "content-length": 1e12 }).write("{")));

    for (const [encoding, compress] of [
      ["gzip", gzipSync],
      ["br", (data: Buffer | string) => brotliCompressSync(data, { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } })],
    ] as const) {
      it(`after it is decompressed from ${encoding}`, async () => {
        const bomb = compress(Buffer.alloc(33 * 2 ** 20, " "));
        assert.ok(bomb.length < 2 ** 20);
        for (const status of [200, 500]) {
          const headers = { ...JSON_TYPE, "content-encoding": encoding, "content-length": bomb.length };
          await tooLarge((_request, response) => response.writeHead(status, headers).end(bomb));
        }
      });

      it(`but reads a small reply in ${encoding}`, async () => {
        server.script((_request, response) =>
          response
            .writeHead(200, { ...JSON_TYPE, "content-encoding": encoding })
            .end(compress(JSON.stringify(DETAILED_JOB))),
        );
        assert.equal((await client.jobs.get(JOB_ID)).id, JOB_ID);
      });
    }

    it("and whose compressed data is invalid", async () => {
      const error = await failure({ headers: { "content-encoding": "gzip" }, text: "no gzip" });
      assert.ok(error instanceof api.InvalidResponseError, error.message);
    });
  });

  it("whose reply is nested 100,000 levels deep", async () => {
    const deep = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;
    for (const text of [
      deep,
      JSON.stringify({ ...DETAILED_JOB, extra: "deep" }).replace('"deep"', deep),
      JSON.stringify({ ...DETAILED_JOB, extra: "deep", x: null }).replace('"deep"', deep),
      `${'{"error":'.repeat(100_000)}1${"}".repeat(100_000)}`,
    ]) {
      for (const status of [200, 400]) {
        const error = await failure({ status, headers: JSON_TYPE, text });
        if (status === 200) assert.match(error.message, /nested more than 100 levels deep/);
        else assert.ok(error instanceof api.ApiError, error.message);
      }
    }
    const brackets = JSON.stringify({ ...DETAILED_JOB, suffix: `\\"${"[".repeat(1000)}` });
    server.script({ headers: JSON_TYPE, text: brackets });
    assert.equal((await client.jobs.get(JOB_ID)).id, JOB_ID, "brackets in strings do not count");
  });

  it("whose list has a million invalid entries, in less than two seconds", async () => {
    for (const text of [
      `{"data":[${"{},".repeat(1e6)}{}]}`,
      `{"data":[${'{"id":"a","model":"m","status":"s","training_files":[0]},'.repeat(1e5)}{}]}`,
    ]) {
      const start = performance.now();
      const error = await failure({ headers: JSON_TYPE, text }, () => client.jobs.list());
      assert.ok(error instanceof api.InvalidResponseError);
      assert.ok(performance.now() - start < 2_000, `${performance.now() - start} ms`);
    }
  });

  it("whose error lists a million problems", async () => {
    const detail = `{"detail":[${'{"msg":"bad"},'.repeat(1e6)}{}]}`;
    const error = await failure({ status: 422, headers: JSON_TYPE, text: detail });
    assert.match(error.message, /bad; bad.* and [\d,]+ more/);
  });

  it("whose error has long fields", async () => {
    const long = "y".repeat(1e6);
    const json = { message: long, type: long, code: long, param: long, request_id: long };
    const error = (await failure({ status: 400, json })) as api.ApiError;
    for (const text of [error.apiMessage, error.type, error.apiCode, error.param, error.requestId]) {
      assert.ok(text !== undefined && text.length < 5_000);
    }
  });

  describe("that sends one byte at a time", () => {
    for (const [what, begin] of [
      ["headers", (response: ServerResponse) => response.socket?.write("HTTP/1.1 200 OK\r\nx:")],
      ["a body", (response: ServerResponse) => response.writeHead(200, JSON_TYPE)],
    ] as const) {
      it(`in ${what}`, async () => {
        const start = performance.now();
        const client = new api.MistralClient({ baseUrl: server.url, requestTimeoutMs: 100 });
        const answer = drip((response) => void begin(response));
        const raw: Answer = (request, response) => {
          if (what === "a body") return (answer as (...args: unknown[]) => void)(request, response);
          begin(response);
          const timer = setInterval(() => response.socket?.write("y"), 10);
          response.on("close", () => clearInterval(timer));
        };
        for (const call of [
          () => client.jobs.get(JOB_ID),
          () => client.jobs.create({ model: "m" }),
          () => client.files.upload({ name: "a.jsonl", content: "{}" }),
        ]) {
          const error = await failure(raw, call);
          assert.ok(error instanceof api.RequestTimeoutError, error.message);
          assert.match(error.message, /no complete reply within 0\.5 s/);
          assert.equal(server.received.length, 1, "the request was retried");
        }
        assert.ok(performance.now() - start < 5_000);
      });
    }
  });

  it("whose headers are too large", async () => {
    const error = await failure({ status: 200, headers: { "x-request-id": "z".repeat(1e6) }, json: {} }, () =>
      client.jobs.create({ model: "m" }),
    );
    assert.equal((error as api.ConnectionError).reason, "HPE_HEADER_OVERFLOW");
  });

  describe("whose list never ends", () => {
    /** Returns a page of a list with new IDs every time. */
    const pages =
      (size: number): Answer =>
      ({ query }, response) => {
        const data = Array.from({ length: size }, (_, index) => ({
          id: `${query.page}-${index}`,
          model: "m",
          status: "s",
        }));
        response.writeHead(200, JSON_TYPE).end(JSON.stringify({ data, total: 1e9 }));
      };
    const count = async (answer: Answer) => {
      server.script(answer);
      let found = 0;
      for await (const _ of new api.MistralClient({ baseUrl: server.url }).jobs.listAll()) found++;
      return found;
    };

    it("because every page has new entries", async () => {
      await assert.rejects(count(pages(5_000)), /the list did not end after 200,000 entries/);
      assert.equal(server.received.length, 41);
    });

    it("but stops at a page that it has seen, and at the total", async () => {
      assert.equal(await count({ json: { data: [JOB], total: 1e9 } }), 1);
      for (const total of [-1, 0, 1]) assert.equal(await count({ json: { data: [JOB], total } }), 1);
    });
  });

  it("that redirects to another host or to a file", async () => {
    const other = await ScriptedServer.start();
    other.script({ json: DETAILED_JOB });
    for (const location of [`${other.url}/x`, "file:///etc/passwd", "javascript:1", "//evil.example/", "\u00ff"]) {
      for (const call of [() => client.jobs.get(JOB_ID), () => client.files.download(FILE_ID)]) {
        const { message } = await failure({ status: 307, headers: { location }, text: "" }, call);
        assert.match(message, /a redirect/);
        assert.ok(!message.includes("nulljavascript") && !message.includes("null/etc"), message);
      }
    }
    assert.equal(other.received.length, 0);
    await other.stop();
  });

  describe("whose IDs", () => {
    for (const id of [".", "..", "a\u0000b", "a\u001b[2Jb", "a\nb", "\ud800", "\u202ea", "i".repeat(1e5)]) {
      it(`cannot be part of a URL: ${JSON.stringify(id).slice(0, 20)}`, async () => {
        for (const json of [
          { ...DETAILED_JOB, id },
          { ...DETAILED_JOB, fine_tuned_model: id },
          { ...DETAILED_JOB, training_files: [id] },
        ]) {
          assert.ok((await failure({ json })) instanceof api.InvalidResponseError);
        }
      });
    }

    it("are those of another job than the requested one", async () => {
      for (const call of [client.jobs.get, client.jobs.start, client.jobs.cancel]) {
        const error = await failure({ json: { ...DETAILED_JOB, id: "other" } }, () => call.call(client.jobs, JOB_ID));
        assert.ok(error instanceof api.InvalidResponseError, error.message);
        assert.match(error.message, /id: is the ID of another job than the requested one/);
      }
    });

    it("do not break the list of jobs when one is the ID of a model", async () => {
      const jobs = [
        { ...JOB, fine_tuned_model: "ft:a\nb:1" },
        { ...JOB, id: "other", fine_tuned_model: "ft:m:2" },
      ];
      server.script({ json: { data: jobs, total: 2 } });
      const { data } = await client.jobs.list();
      assert.deepEqual(
        data.map(({ id, fine_tuned_model }) => [id, fine_tuned_model]),
        [
          [JOB.id, undefined],
          ["other", "ft:m:2"],
        ],
      );
    });

    it("contain slashes, dots and escapes, which stay in one path segment", async () => {
      for (const id of ["../../v1/models", "a/b", "%2e%2e", "a?b#c", "a\\b", "http://evil.example/"]) {
        server.script({ json: { ...DETAILED_JOB, id } });
        const job = await client.jobs.create({ model: "m" });
        server.script({ json: { ...DETAILED_JOB, id } });
        await client.jobs.get(job.id);
        assert.equal(server.only.path, `/v1/fine_tuning/jobs/${encodeURIComponent(id)}`);
      }
    });
  });

  it("whose figures are not finite, not numbers, or negative", async () => {
    for (const figure of ["1e999", "-1e999", "NaN", "Infinity", '"5"']) {
      const text = JSON.stringify({ ...DETAILED_JOB, trained_tokens: "figure" }).replace('"figure"', figure);
      assert.ok((await failure({ headers: JSON_TYPE, text })) instanceof api.InvalidResponseError, figure);
    }
    server.script({ json: { ...DETAILED_JOB, created_at: -1, trained_tokens: -5, metadata: { cost: -1 } } });
    assert.equal((await client.jobs.get(JOB_ID)).trained_tokens, -5);
  });

  it("that asks to wait for a year", async () => {
    const error = await failure({ status: 429, headers: { "retry-after": String(365 * 86_400) }, json: {} });
    assert.equal((error as api.RateLimitError).retryAfter, 365 * 86_400);
    assert.equal(server.received.length, 1);
    for (const header of ["1e999", "-5", "tomorrow", "NaN"]) {
      const { retryAfter } = (await failure({
        status: 429,
        headers: { "retry-after": header },
        json: {},
      })) as api.RateLimitError;
      assert.ok(retryAfter === undefined || retryAfter === 0, header);
    }
  });
});
