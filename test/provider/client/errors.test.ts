import assert from "node:assert/strict";
import { createServer as createTlsServer } from "node:https";
import { createServer as createTcpServer } from "node:net";
import { buffer } from "node:stream/consumers";
import { inspect } from "node:util";
import * as api from "../../../provider/src/client";
import { certificateFor } from "../../support/certificate";
import { type Answer, hangUp, ScriptedServer, silence } from "../../support/scriptedServer";
import { FILE_ID, JOB_ID, KEY } from "./fixtures";

const { MistralClient, MistralError } = api;

/** Returns the error of a call, and asserts that it does not show the key. */
async function failureOf(call: Promise<unknown>): Promise<api.MistralError> {
  const error = await call.then(
    () => assert.fail("did not fail"),
    (error: unknown) => error,
  );
  assert.ok(error instanceof MistralError, inspect(error));
  const printed = [
    inspect(error, { depth: Infinity, showHidden: true, getters: true }),
    JSON.stringify(error),
    String(error),
    error.stack,
    inspect(error.cause, { depth: Infinity, showHidden: true }),
  ].join("\n");
  assert.ok(!printed.includes(KEY), printed);
  assert.ok(!/authorization/i.test(printed), printed);
  assert.equal(error.name, error.constructor.name);
  assert.match(error.stack ?? "", new RegExp(`^${error.name}: `));
  return error;
}

describe("client errors", () => {
  let server: ScriptedServer;
  let client: api.MistralClient;

  before(async () => {
    server = await ScriptedServer.start();
    client = new MistralClient({ apiKey: KEY, baseUrl: server.url, maxRetries: 0 });
  });
  after(() => server.stop());

  const failure = async (answer: Answer) => {
    server.script(answer);
    return failureOf(client.jobs.get(JOB_ID));
  };

  describe("one class per status", () => {
    const classes: [number, string, string][] = [
      [400, "BadRequestError", "ERR_MISTRAL_BAD_REQUEST"],
      [401, "AuthenticationError", "ERR_MISTRAL_AUTHENTICATION"],
      [403, "PermissionDeniedError", "ERR_MISTRAL_PERMISSION_DENIED"],
      [404, "NotFoundError", "ERR_MISTRAL_NOT_FOUND"],
      [409, "ConflictError", "ERR_MISTRAL_CONFLICT"],
      [410, "GoneError", "ERR_MISTRAL_GONE"],
      [413, "PayloadTooLargeError", "ERR_MISTRAL_PAYLOAD_TOO_LARGE"],
      [418, "ApiError", "ERR_MISTRAL_API"],
      [422, "UnprocessableEntityError", "ERR_MISTRAL_UNPROCESSABLE_ENTITY"],
      [429, "RateLimitError", "ERR_MISTRAL_RATE_LIMIT"],
      [500, "ServerError", "ERR_MISTRAL_SERVER"],
      [503, "ServerError", "ERR_MISTRAL_SERVER"],
    ];
    for (const [status, name, code] of classes) {
      it(`${status} is a ${name}`, async () => {
        const error = await failure({ status, json: { message: "that is why", type: "a_type", code: 1234 } });
        assert.equal(error.name, name);
        assert.equal(error.code, code);
        assert.ok(error instanceof api.ApiError);
        const { apiMessage, type, apiCode, method, path, baseUrl } = error;
        assert.deepEqual(
          { status: error.status, apiMessage, type, apiCode, method, path, baseUrl },
          {
            status,
            apiMessage: "that is why",
            type: "a_type",
            apiCode: "1234",
            method: "GET",
            path: `/v1/fine_tuning/jobs/${JOB_ID}`,
            baseUrl: server.url,
          },
        );
        assert.match(
          error.message,
          new RegExp(`^GET /v1/fine_tuning/jobs/${JOB_ID} on ${server.url}: ${status} .*: that is why`),
        );
      });
    }
  });

  describe("the shapes of an error body", () => {
    const shapes: [string, unknown, { apiMessage: string; param?: string; type?: string; apiCode?: string }][] = [
      ["{message, type, code}", { message: "m", type: "t", code: 400 }, { apiMessage: "m", type: "t", apiCode: "400" }],
      ["{detail: string}", { detail: "d" }, { apiMessage: "d" }],
      [
        "{detail: [{loc, msg, type}]}",
        {
          detail: [
            { loc: ["body", "hyperparameters", "learning_rate"], msg: "too large", type: "less_than", input: KEY },
            { loc: ["body", "training_files", 0], msg: "missing", type: "missing" },
          ],
        },
        {
          apiMessage: "hyperparameters.learning_rate: too large; training_files.0: missing",
          param: "hyperparameters.learning_rate",
        },
      ],
      [
        '{object: "error", message, type, param, code}',
        { object: "error", message: "m", type: "t", param: "p", code: null },
        { apiMessage: "m", type: "t", param: "p" },
      ],
      [
        "{message: {detail: […]}}",
        { object: "error", message: { detail: [{ loc: ["body", "model"], msg: "Field required" }] }, type: "t" },
        { apiMessage: "model: Field required", type: "t", param: "model" },
      ],
      ["{error: {message, type}}", { error: { message: "m", type: "t" } }, { apiMessage: "m", type: "t" }],
    ];
    for (const [shape, json, expected] of shapes) {
      it(shape, async () => {
        const error = await failure({ status: 422, json });
        assert.ok(error instanceof api.UnprocessableEntityError);
        const { apiMessage, type, apiCode, param } = error;
        const all = { type: undefined, apiCode: undefined, param: undefined };
        assert.deepEqual({ apiMessage, type, apiCode, param }, { ...all, ...expected });
        assert.ok(error.message.includes(expected.apiMessage));
      });
    }

    it("any other body", async () => {
      for (const answer of [
        { status: 502, text: "<html><body>Bad Gateway</body></html>" },
        { status: 502, text: "" },
        { status: 502, json: [1] },
        { status: 502, json: null },
        { status: 502, json: { detail: [] } },
      ]) {
        const error = await failure(answer);
        assert.equal(
          error.message.split(". ")[0],
          `GET /v1/fine_tuning/jobs/${JOB_ID} on ${server.url}: 502 Bad Gateway`,
        );
      }
    });
  });

  for (const name of ["x-request-id", "x-kong-request-id", "mistral-correlation-id"]) {
    it(`contains the request ID of ${name}`, async () => {
      const error = await failure({ status: 500, headers: { [name]: "req-1" }, json: { message: "m" } });
      assert.equal((error as api.ApiError).requestId, "req-1");
      assert.match(error.message, /\(request id req-1\)/);
    });
  }

  it("shows neither the key nor control characters that the server sends in headers", async () => {
    const key = "the-key-of-this-test";
    const echoing = new api.MistralClient({ baseUrl: server.url, apiKey: key, maxRetries: 0 });
    for (const answer of [
      { status: 500, headers: { "x-request-id": `id ${key}` }, json: { message: `m\u001b[2J ${key}` } },
      { status: 200, headers: { "content-type": `text/${key}` }, text: "<html>" },
      { status: 302, headers: { location: `${server.url}/${key}` }, text: "" },
    ]) {
      server.script(answer);
      const { message } = await failureOf(echoing.jobs.get(JOB_ID));
      assert.match(message, /\[secret\]/);
      assert.ok(!message.includes(key) && !message.includes("\u001b"), message);
    }
  });

  it("cuts a very long message of the server, in linear time", async () => {
    const { message } = await failure({ status: 500, json: { message: `${" .".repeat(500_000)}x` } });
    assert.ok(message.length < 5_000);
  });

  it("explains a 401", async () => {
    const error = await failure({ status: 401, json: { message: "Unauthorized", request_id: "kong-1" } });
    assert.match(error.message, /\(request id kong-1\)\. The API key is wrong, expired or for another server\.$/);
    assert.equal((error as api.ApiError).requestId, "kong-1");
  });

  it("explains a 410 on job creation: hosted training has ended", async () => {
    server.script({ status: 410, json: { detail: "Gone" } });
    const error = await failureOf(client.jobs.create({ model: "m" }));
    assert.ok(error instanceof api.TrainingRetiredError && error instanceof api.GoneError);
    assert.equal(error.code, "ERR_MISTRAL_TRAINING_RETIRED");
    assert.match(error.message, /hosted service ended training in 2026/);
    assert.match(error.message, /To train, set the client option baseUrl to a self-hosted server/);
    assert.equal(error.retired, true);
    server.script({ status: 410, json: { detail: "Gone" } });
    assert.equal((await failureOf(client.jobs.estimate({ model: "m" }))).name, "TrainingRetiredError");
    assert.equal((await failureOf(client.models.delete("m"))).name, "GoneError");
  });

  it("redacts secrets that the server echoes", async () => {
    const wandb = "w".repeat(40);
    server.script((request, response) => {
      const message = `bad: ${request.headers.authorization} ${request.body.toString()}`;
      response.writeHead(400, { "content-type": "application/json" }).end(JSON.stringify({ message }));
    });
    const error = await failureOf(
      client.jobs.create({
        model: "m",
        integrations: [{ type: "wandb", project: "p", api_key: wandb }],
        repositories: [{ type: "github", owner: "o", name: "n", token: "ghp_secret" }],
      }),
    );
    assert.match(error.message, /\[secret\]/);
    assert.ok(!inspect(error).includes(wandb) && !inspect(error).includes("ghp_secret"));
  });

  it("never shows the key when a client is printed", () => {
    for (const printed of [inspect(client, { depth: 9, showHidden: true }), JSON.stringify(client)]) {
      assert.ok(!printed.includes(KEY), printed);
    }
  });

  describe("replies that are not the API's", () => {
    const invalid = async (answer: Answer) => {
      const error = await failure(answer);
      assert.ok(error instanceof api.InvalidResponseError, inspect(error));
      assert.ok(error.message.includes(`Check that ${server.url} is the address of the Mistral API`));
      return error;
    };

    it("a web page", async () => {
      const text = `<!DOCTYPE html>\n<title>Welcome ${KEY}</title>`;
      const error = await invalid({ headers: { "content-type": "text/html; charset=utf-8" }, text });
      assert.match(error.message, /status 200 with text\/html \("<!DOCTYPE html> <title>Welcome \[secret\]/);
    });

    it("truncated JSON", async () => {
      const error = await invalid({
        headers: { "content-type": "application/json", "x-request-id": "r-9" },
        text: `{"id":"${JOB_ID}","sta`,
      });
      assert.match(error.message, /truncated or invalid JSON.*\(request id r-9\)/);
      assert.equal(error.requestId, "r-9");
    });

    it("an empty body", async () => {
      assert.match((await invalid({ text: "" })).message, /status 200 with an empty body/);
    });

    for (const [field, json] of [
      ["id", { model: "m", status: "s" }],
      ["id", { id: "", model: "m", status: "s" }],
      ["model", { id: "i", model: null, status: "s" }],
      ["status", { id: "i", model: "m" }],
      ["status", { id: "i", model: "m", status: 3 }],
      [
        "checkpoints[1].step_number",
        {
          id: "i",
          model: "m",
          status: "s",
          checkpoints: [
            { metrics: {}, step_number: 1, created_at: 1 },
            { metrics: {}, created_at: 1 },
          ],
        },
      ],
    ] as const) {
      it(`a job without a valid ${field}: ${JSON.stringify(json)}`, async () => {
        const error = await invalid({ json });
        assert.equal(error.field, field);
        assert.ok(error.message.includes(`${field}: `), error.message);
      });
    }

    it("JSON that is not an object", async () => {
      assert.equal((await invalid({ json: [1] })).field, undefined);
    });

    it("a list without data, which must not count as an empty list", async () => {
      server.script({ json: { total: 0 } });
      const error = await failureOf(client.jobs.list());
      assert.ok(error instanceof api.InvalidResponseError);
      assert.equal(error.field, "data");
    });

    it("a gateway's 404, which must not mean that a job is gone", async () => {
      for (const answer of [
        { status: 404, headers: { "content-type": "text/plain" }, text: "404 page not found" },
        { status: 404, headers: { "content-type": "text/html" }, text: "<html>404</html>" },
        { status: 404, text: "" },
        { status: 410, text: "" },
      ]) {
        assert.equal((await invalid(answer)).status, answer.status);
      }
    });

    it("a redirect, whose target would receive the API key", async () => {
      const other = await ScriptedServer.start();
      other.script({ json: {} });
      for (const status of [301, 302, 303, 307, 308]) {
        const error = await invalid({ status, headers: { location: `${other.url}/x?sig=1` }, text: "" });
        assert.ok(
          error.message.includes(`the server answered ${status}, a redirect to ${other.url}/x;`),
          error.message,
        );
        server.script({ status, headers: { location: `${other.url}/x` }, text: "" });
        assert.equal((await failureOf(client.files.download(FILE_ID))).name, "InvalidResponseError");
      }
      assert.equal(other.received.length, 0);
      await other.stop();
    });
  });

  describe("no connection", () => {
    const at = (baseUrl: string) => new MistralClient({ apiKey: KEY, baseUrl, maxRetries: 0, requestTimeoutMs: 5000 });
    const broken = async (baseUrl: string) => {
      const error = await failureOf(at(baseUrl).jobs.get(JOB_ID));
      assert.ok(error instanceof api.ConnectionError, inspect(error));
      return error;
    };

    it("refused: names host and port, and what to check", async () => {
      const free = await ScriptedServer.start();
      const { port, url } = free;
      await free.stop();
      const error = await broken(url);
      assert.equal(error.reason, "ECONNREFUSED");
      assert.equal(error.host, `127.0.0.1:${port}`);
      assert.ok(
        error.message.includes(
          `127.0.0.1:${port} refused the connection (ECONNREFUSED). Check that the server is running`,
        ),
      );
      // localhost has two addresses, and Node reports the failures of both as one error without a message.
      assert.equal((await broken(`http://localhost:${port}`)).reason, "ECONNREFUSED");
    });

    it("an unknown name", async () => {
      const error = await broken("https://no-such-host.invalid");
      assert.ok(["ENOTFOUND", "EAI_AGAIN"].includes(error.reason), error.reason);
      assert.match(error.message, /the host name of no-such-host\.invalid:443 could not be resolved/);
    });

    it("closed before the reply", async () => {
      server.script(hangUp);
      const error = await failureOf(client.jobs.get(JOB_ID));
      assert.equal((error as api.ConnectionError).reason, "ECONNRESET");
    });

    it("a reply that is not HTTP", async () => {
      const tcp = createTcpServer((socket) => socket.end("SSH-2.0-OpenSSH\r\n"));
      await new Promise<void>((resolve) => tcp.listen(0, "127.0.0.1", resolve));
      const { port } = tcp.address() as { port: number };
      assert.match((await broken(`http://127.0.0.1:${port}`)).message, /did not answer with HTTP \(HPE_/);
      tcp.close();
    });

    it("https to a server that speaks http", async () => {
      const error = await broken(server.url.replace("http:", "https:"));
      assert.match(error.message, /the TLS handshake with .* failed.*speaks http\./);
    });

    it("a certificate that is not trusted", async () => {
      const secure = await ScriptedServer.start(createTlsServer(await certificateFor("api.test")) as never);
      const error = await broken(`https://127.0.0.1:${secure.port}`);
      assert.match(
        error.message,
        /is not trusted on this machine \(DEPTH_ZERO_SELF_SIGNED_CERT\).*NODE_EXTRA_CA_CERTS/,
      );
      assert.equal(secure.received.length, 0);
      await secure.stop();
    });

    it("broken during a download", async () => {
      server.script((_request, response) => {
        response.writeHead(200, { "content-length": "1000" });
        response.write("half", () => setTimeout(() => response.socket?.destroy(), 50));
      });
      const stream = await client.files.download(FILE_ID);
      assert.ok(!inspect(stream, { depth: 6, showHidden: true }).includes(KEY));
      const error = await failureOf(buffer(stream));
      assert.equal(error.name, "ConnectionError");
      assert.equal(server.received.length, 1);
    });

    it("aborted before a download is read", async () => {
      server.script((_request, response) => {
        response.writeHead(200, { "content-length": "1000" });
        response.write("half");
      });
      const abort = new AbortController();
      const stream = await client.files.download(FILE_ID, { signal: abort.signal });
      abort.abort();
      await new Promise((resolve) => setTimeout(resolve, 20));
      assert.equal((await failureOf(buffer(stream))).name, "AbortedError");
    });

    it("aborts the request when the download stream is destroyed", async () => {
      const closed = new Promise<void>((resolve) => {
        server.script((_request, response) => {
          response.once("close", resolve);
          response.writeHead(200, { "content-length": "1000" });
          response.write("half");
        });
      });
      (await client.files.download(FILE_ID)).destroy();
      await closed;
    });

    it("a download that is refused", async () => {
      server.script({ status: 404, json: { message: "no such file" } });
      const error = await failureOf(client.files.download(FILE_ID));
      assert.equal(error.name, "NotFoundError");
      assert.match(error.message, /no such file/);
    });

    it("a timeout", async () => {
      server.script(silence);
      const error = await failureOf(client.jobs.get(JOB_ID, { timeoutMs: 100 }));
      assert.match(error.message, /no progress for 0\.1 s\. .*requestTimeoutMs/);
    });
  });

  describe("errors before a request is sent", () => {
    it("a missing key, unless the server is on this machine", async () => {
      for (const apiKey of [undefined, ""]) {
        const remote = new MistralClient({ apiKey });
        for (const call of [
          () => remote.jobs.get(JOB_ID),
          () => remote.files.upload({ path: "/no/such/file" }),
          () => remote.files.download(FILE_ID),
          () => remote.jobs.waitUntilComplete(JOB_ID),
        ]) {
          const error = await failureOf(call());
          assert.ok(error instanceof api.MissingApiKeyError);
          assert.match(error.message, /https:\/\/api\.mistral\.ai.*option apiKey/);
        }
      }
      server.script({ json: { data: [] } });
      await new MistralClient({ baseUrl: server.url }).jobs.list();
      assert.equal(server.only.headers.authorization, undefined);
    });

    it("a key that a header cannot contain, which the error does not show", () => {
      for (const [apiKey, what] of [
        [`${KEY}\n`, `a line break at position ${KEY.length + 1} of ${KEY.length + 1}`],
        [`${KEY} x`, "a space"],
        [`“${KEY}”`, "a character outside ASCII at position 1"],
      ] as const) {
        assert.throws(
          () => new MistralClient({ apiKey }),
          (error) =>
            error instanceof api.InvalidApiKeyError && error.message.includes(what) && !inspect(error).includes(KEY),
        );
      }
    });

    it("an invalid header, whose value the error does not show", () => {
      for (const headers of [{ "x y": "value-1" }, { x: "value-1\r\ny: z" }]) {
        assert.throws(
          () => new MistralClient({ headers }),
          (error) => error instanceof api.InvalidArgumentError && !error.message.includes("value-1"),
        );
      }
    });
  });
});
