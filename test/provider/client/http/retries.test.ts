import assert from "node:assert/strict";
import { createServer } from "node:net";
import { buffer } from "node:stream/consumers";
import { MistralClient, RateLimitError, type RequestOptions, ServerError } from "../../../../provider/src/client";
import { parseRetryAfter, retryPause } from "../../../../provider/src/client/http/retry";
import { type Answer, hangUp, ScriptedServer, silence } from "../../../support/scriptedServer";
import { DETAILED_JOB, FILE, FILE_ID, JOB, JOB_ID, KEY, MODEL, MODEL_ID } from "../fixtures";

describe("client retries", () => {
  let server: ScriptedServer;
  let client: MistralClient;

  before(async () => {
    server = await ScriptedServer.start();
    client = new MistralClient({ apiKey: KEY, baseUrl: server.url, maxRetries: 1, requestTimeoutMs: 5000 });
  });
  after(() => server.stop());

  const unavailable: Answer = { status: 503, json: { message: "busy" } };
  const shortly: Answer = { status: 429, headers: { "retry-after": "0.05" }, json: { message: "slow down" } };

  for (const status of [429, 502, 503, 504]) {
    it(`retries a GET after ${status}`, async () => {
      server.script({ status, headers: { "retry-after": "0.05" }, json: {} }, { json: DETAILED_JOB });
      assert.equal((await client.jobs.get(JOB_ID)).id, JOB_ID);
      assert.equal(server.received.length, 2);
    });
  }

  for (const status of [400, 401, 403, 404, 409, 413, 422, 500, 501]) {
    it(`does not retry after ${status}`, async () => {
      server.script({ status, headers: { "retry-after": "0.05" }, json: { message: "no" } });
      await assert.rejects(client.jobs.get(JOB_ID), { status, attempts: 1 });
      assert.equal(server.received.length, 1);
    });
  }

  const repeated: [string, () => Promise<unknown>, unknown][] = [
    ["jobs.estimate", () => client.jobs.estimate({ model: "m" }), {}],
    ["jobs.list", () => client.jobs.list(), { data: [] }],
    ["jobs.get", () => client.jobs.get(JOB_ID), DETAILED_JOB],
    ["jobs.cancel", () => client.jobs.cancel(JOB_ID), DETAILED_JOB],
    ["jobs.start", () => client.jobs.start(JOB_ID), DETAILED_JOB],
    ["files.get", () => client.files.get(FILE_ID), FILE],
    ["files.delete", () => client.files.delete(FILE_ID), FILE],
    ["files.download", async () => buffer(await client.files.download(FILE_ID)), {}],
    ["models.update", () => client.models.update(MODEL_ID, { name: "n" }), MODEL],
    ["models.archive", () => client.models.archive(MODEL_ID), MODEL],
    ["models.unarchive", () => client.models.unarchive(MODEL_ID), MODEL],
  ];
  for (const [name, call, json] of repeated) {
    it(`retries ${name} with the same request when it is rejected`, async () => {
      server.script(shortly, { json });
      await call();
      const [first, second, ...more] = server.received;
      assert.equal(more.length, 0);
      assert.ok(first && second);
      assert.deepEqual([second.method, second.path, second.body], [first.method, first.path, first.body]);
    });
  }

  it("retries a GET whose connection broke", async () => {
    server.script(hangUp, { json: DETAILED_JOB });
    await client.jobs.get(JOB_ID);
    assert.equal(server.received.length, 2);
  });

  it("retries a GET whose reply was truncated", async () => {
    const half: Answer = (_request, response) => {
      response.writeHead(200, { "content-length": "1000" });
      response.write('{"id":', () => response.socket?.destroy());
    };
    server.script(half, { json: DETAILED_JOB });
    await client.jobs.get(JOB_ID);
    assert.equal(server.received.length, 2);
  });

  it("retries a GET that timed out", async () => {
    server.script(silence, { json: DETAILED_JOB });
    await client.jobs.get(JOB_ID, { timeoutMs: 100 });
    assert.equal(server.received.length, 2);
  });

  for (const [what, answer] of [
    ["429", shortly],
    ["503", unavailable],
    ["a broken connection", hangUp],
  ] as const) {
    it(`never retries job creation or an upload after ${what}`, async () => {
      server.script(answer);
      await assert.rejects(client.jobs.create({ model: "m" }, { maxRetries: 5 }));
      assert.equal(server.received.length, 1);
      server.script(answer);
      await assert.rejects(client.files.upload({ name: "a.jsonl", content: "{}" }, { maxRetries: 5 }));
      assert.equal(server.received.length, 1);
    });
  }

  it("warns after a broken creation that the server may have received it", async () => {
    server.script(hangUp);
    await assert.rejects(
      client.jobs.create({ model: "m" }),
      /The request was not retried, because the server may have received it/,
    );
  });

  it("creates a job over a new connection, because a stale one could fail", async () => {
    server.script({ json: DETAILED_JOB });
    await client.jobs.get(JOB_ID);
    server.script({ json: JOB });
    await client.jobs.create({ model: "m" });
    assert.equal(server.only.headers.connection, "close");
  });

  it("fails with the last reply after the maximum number of retries", async () => {
    server.script(unavailable);
    const error = await client.jobs.get(JOB_ID).catch((error: unknown) => error);
    assert.ok(error instanceof ServerError);
    assert.equal(error.attempts, 2);
    assert.match(error.message, /503 Service Unavailable: busy in 2 attempts/);
    assert.equal(server.received.length, 2);
  });

  it("prefers the call's number of retries to the client's", async () => {
    server.script(shortly, shortly, shortly, { json: DETAILED_JOB });
    await client.jobs.get(JOB_ID, { maxRetries: 3 });
    assert.equal(server.received.length, 4);
    server.script(shortly);
    await assert.rejects(client.jobs.get(JOB_ID, { maxRetries: 0 }), RateLimitError);
    assert.equal(server.received.length, 1);
  });

  it("waits at least as long as Retry-After requires, in seconds or until a date", async () => {
    const date = () => new Date(Math.ceil(Date.now() / 1000) * 1000 + 1000).toUTCString();
    for (const inSeconds of [true, false]) {
      const header = inSeconds ? "0.4" : date();
      server.script({ status: 429, headers: { "retry-after": header }, json: {} }, { json: DETAILED_JOB });
      const due = inSeconds ? Date.now() + 400 : Date.parse(header);
      await client.jobs.get(JOB_ID);
      assert.ok(Date.now() >= due - 5, `came ${due - Date.now()} ms early`);
    }
  });

  it("fails immediately with a Retry-After of minutes, and reports it", async () => {
    server.script({ status: 429, headers: { "retry-after": "600" }, json: { message: "quota" } });
    await assert.rejects(client.jobs.get(JOB_ID), { name: "RateLimitError", retryAfter: 600, attempts: 1 });
    assert.equal(server.received.length, 1);
  });

  it("stops in the pause before a retry when the signal is aborted", async () => {
    server.script({ status: 503, headers: { "retry-after": "30" }, json: {} });
    const abort = new AbortController();
    const call = client.jobs.get(JOB_ID, { signal: abort.signal });
    setTimeout(() => abort.abort(), 100);
    const start = Date.now();
    await assert.rejects(call, { name: "AbortedError", code: "ERR_MISTRAL_ABORTED" });
    assert.ok(Date.now() - start < 2000);
    assert.equal(server.received.length, 1);
  });

  it("aborts the current request, and starts no other, when the signal is aborted", async () => {
    server.script(silence);
    const options = (): RequestOptions => ({ signal: AbortSignal.timeout(100) });
    await assert.rejects(client.jobs.get(JOB_ID, options()), { name: "AbortedError" });
    await assert.rejects(client.files.download(FILE_ID, options()), { name: "AbortedError" });
    await assert.rejects(client.files.upload({ name: "a", content: "b" }, options()), { name: "AbortedError" });
    server.script(silence);
    await assert.rejects(client.jobs.create({ model: "m" }, { signal: AbortSignal.abort() }), { name: "AbortedError" });
    assert.equal(server.received.length, 0);
  });

  it("times out when the server stalls in its reply", async () => {
    server.script((_request, response) => {
      response.writeHead(200, { "content-length": "1000" });
      response.write("{");
    });
    const start = Date.now();
    await assert.rejects(client.jobs.get(JOB_ID, { timeoutMs: 200, maxRetries: 0 }), {
      name: "RequestTimeoutError",
      timeoutMs: 200,
    });
    assert.ok(Date.now() - start < 2000);
  });

  it("does not time out while a slow reply makes progress", async () => {
    server.script((_request, response) => {
      const text = JSON.stringify(DETAILED_JOB);
      const part = Math.ceil(text.length / 30);
      let sent = 0;
      // Three seconds in all, twice the timeout; a busy machine may delay a part by a second.
      const timer = setInterval(() => {
        response.write(text.slice(sent, sent + part));
        sent += part;
        if (sent >= text.length) {
          clearInterval(timer);
          response.end();
        }
      }, 100);
    });
    assert.equal((await client.jobs.get(JOB_ID, { timeoutMs: 1500, maxRetries: 0 })).id, JOB_ID);
  });

  it("times out on a server that accepts connections and sends nothing", async () => {
    const mute = createServer(() => {});
    await new Promise<void>((resolve) => mute.listen(0, "127.0.0.1", resolve));
    const { port } = mute.address() as { port: number };
    const other = new MistralClient({ baseUrl: `http://127.0.0.1:${port}`, requestTimeoutMs: 150, maxRetries: 0 });
    await assert.rejects(other.models.list(), { name: "RequestTimeoutError" });
    mute.close();
  });

  describe("when only the reply of the first attempt was lost", () => {
    const conflict: Answer = { status: 409, json: { message: "not in this state" } };
    const gone: Answer = { status: 404, json: { message: "no such file" } };
    const job = (status: string): Answer => ({ json: { ...DETAILED_JOB, status } });

    it("succeeds in `cancel` when the job is already cancelled", async () => {
      server.script(hangUp, conflict, job("CANCELLATION_REQUESTED"));
      assert.equal((await client.jobs.cancel(JOB_ID)).status, "CANCELLATION_REQUESTED");
    });

    it("succeeds in `start` when the job is already running", async () => {
      server.script(hangUp, conflict, job("RUNNING"));
      assert.equal((await client.jobs.start(JOB_ID)).status, "RUNNING");
    });

    it("succeeds in `delete` when the object no longer exists", async () => {
      server.script(hangUp, gone);
      assert.deepEqual(await client.files.delete(FILE_ID), { id: FILE_ID, deleted: true });
    });

    it("reports the conflict when the job has another status", async () => {
      server.script(hangUp, conflict, job("SUCCESS"));
      await assert.rejects(client.jobs.cancel(JOB_ID), { name: "ConflictError", attempts: 2 });
    });

    it("reports a conflict on the first attempt without further requests", async () => {
      server.script(conflict);
      await assert.rejects(client.jobs.start(JOB_ID), { name: "ConflictError", attempts: 1 });
      await assert.rejects(client.jobs.cancel(JOB_ID), { name: "ConflictError" });
      server.script(gone);
      await assert.rejects(client.files.delete(FILE_ID), { name: "NotFoundError" });
      assert.equal(server.received.length, 1);
    });
  });

  it("doubles its pauses up to a limit, with jitter", () => {
    const pauses = [1, 2, 3, 4, 5, 6, 20].map((attempt) => retryPause(attempt, undefined));
    const expected = [500, 1000, 2000, 4000, 8000, 8000, 8000];
    pauses.forEach((pause, index) => {
      const middle = expected[index] ?? 0;
      assert.ok(pause >= middle * 0.75 && pause <= middle * 1.25, `${pause} instead of about ${middle}`);
    });
    assert.notEqual(retryPause(1, undefined), retryPause(1, undefined));
  });

  it("parses both forms of Retry-After, and nothing else", () => {
    const now = Date.parse("2026-01-01T00:00:00Z");
    assert.equal(parseRetryAfter("120", now), 120);
    assert.equal(parseRetryAfter("Thu, 01 Jan 2026 00:00:30 GMT", now), 30);
    assert.equal(parseRetryAfter("Thu, 01 Jan 2025 00:00:30 GMT", now), 0);
    for (const nonsense of [undefined, "", "soon", "Infinity"]) {
      assert.equal(parseRetryAfter(nonsense, now), undefined);
    }
  });

  it("rejects counts and durations that are out of range", async () => {
    assert.throws(() => new MistralClient({ maxRetries: -1 }), { name: "InvalidArgumentError" });
    assert.throws(() => new MistralClient({ requestTimeoutMs: 2 ** 31 }), { name: "InvalidArgumentError" });
    await assert.rejects(client.jobs.get(JOB_ID, { timeoutMs: 0 }), { name: "InvalidArgumentError" });
    await assert.rejects(client.jobs.get(JOB_ID, { maxRetries: 0.5 }), { name: "InvalidArgumentError" });
  });
});
