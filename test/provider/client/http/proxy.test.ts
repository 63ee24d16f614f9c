import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer as createTlsServer } from "node:https";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { buffer } from "node:stream/consumers";
import { inspect } from "node:util";
import { execa } from "execa";
import { ConnectionError, MistralClient } from "../../../../provider/src/client";
import { readContent } from "../../../../provider/src/inputs/data/content";
import { certificateFor } from "../../../support/certificate";
import type { Decide, RecordedRequest } from "../../../support/proxiedRequest";
import { ScriptedServer } from "../../../support/scriptedServer";
import { TestProxy } from "../../../support/testProxy";
import { DETAILED_JOB, FILE, FILE_ID, JOB, JOB_ID, KEY } from "../fixtures";

const NAMES = ["http_proxy", "https_proxy", "all_proxy", "no_proxy"].flatMap((name) => [name, name.toUpperCase()]);
const PASSWORD = "pr0xy-p@ssword";

describe("proxies and certificates", () => {
  let proxy: TestProxy;
  let requests: readonly RecordedRequest[];
  let server: ScriptedServer;
  const environment = Object.fromEntries(NAMES.map((name) => [name, process.env[name]]));

  before(async () => {
    proxy = await TestProxy.start({ stream: true });
    server = await ScriptedServer.start();
  });
  beforeEach(() => {
    for (const name of NAMES) {
      delete process.env[name];
    }
    requests = proxy.route("");
    proxy.connections = 0;
  });
  after(async () => {
    for (const name of NAMES) {
      delete process.env[name];
    }
    Object.assign(
      process.env,
      Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== undefined)),
    );
    await proxy.stop();
    await server.stop();
  });

  const client = (baseUrl = `http://api.test:${server.port}`, timeoutMs = 5000) =>
    new MistralClient({ apiKey: KEY, baseUrl, maxRetries: 0, requestTimeoutMs: timeoutMs });
  const failure = async (call: Promise<unknown>): Promise<ConnectionError> => {
    const error = await call.then(
      () => assert.fail("did not fail"),
      (error: unknown) => error,
    );
    assert.ok(error instanceof ConnectionError, inspect(error));
    for (const secret of [KEY, PASSWORD, encodeURIComponent(PASSWORD)]) {
      assert.ok(!inspect(error).includes(secret));
    }
    return error;
  };
  /** What the proxy was requestLines for: `CONNECT api.test:443`, `GET http://api.test/v1/files`. */
  const requestLines = () => requests.map(({ method, url }) => `${method} ${url}`);
  const credentials = () =>
    requests
      .flatMap(({ headers }) => headers["proxy-authorization"]?.replace(/^Basic /, "") ?? [])
      .map((encoded) => Buffer.from(encoded, "base64").toString());
  const refuse =
    (status: number): Decide =>
    () => ({ kind: "answer", status, headers: { "content-type": "text/html" }, body: "<html>No</html>" });
  const withCredentials = () => proxy.url().replace("//", `//me:${encodeURIComponent(PASSWORD)}@`);

  for (const name of ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"]) {
    it(`sends a request for http through ${name}`, async () => {
      process.env[name] = proxy.url();
      server.script({ json: DETAILED_JOB });
      await client().jobs.get(JOB_ID);
      assert.deepEqual(requestLines(), [`GET http://api.test:${server.port}/v1/fine_tuning/jobs/${JOB_ID}`]);
      assert.equal(server.only.headers.authorization, `Bearer ${KEY}`);
    });
  }

  it("forwards an upload, a job creation and a download unchanged", async () => {
    process.env.HTTP_PROXY = proxy.url();
    const content = "x".repeat(3_000_000);
    server.script({ json: { ...FILE, bytes: content.length } });
    await client().files.upload({ name: "a.jsonl", content });
    assert.ok(server.only.body.length > content.length);
    server.script({ json: JOB });
    await client().jobs.create({ model: "m" });
    assert.deepEqual(server.only.json(), { model: "m" });
    server.script({ text: content });
    assert.equal((await buffer(await client().files.download(FILE_ID))).toString(), content);
    assert.equal(requests.length, 3);
  });

  it("reuses connections for idempotent requests, and opens a new one for others", async () => {
    process.env.HTTP_PROXY = proxy.url();
    server.script({ json: JOB });
    // A timeout that no other test uses, so that no connection is shared with them.
    const own = client(undefined, 4321);
    for (let round = 0; round < 3; round++) {
      await own.jobs.get(JOB_ID);
    }
    assert.equal(proxy.connections, 1);
    await own.jobs.create({ model: "m" });
    await own.jobs.create({ model: "m" });
    assert.equal(proxy.connections, 3);
  });

  it("fetches remote assets through the proxy", async () => {
    process.env.HTTP_PROXY = proxy.url();
    server.script({ text: '{"text":"x"}' });
    const asset = { uri: `http://data.test:${server.port}/train.jsonl` };
    const content: Buffer[] = [];
    for await (const chunk of readContent({ asset }, "trainingFiles[0]")) {
      content.push(chunk);
    }
    assert.equal(Buffer.concat(content).toString(), '{"text":"x"}');
    assert.equal(requests.length, 1);
  });

  it("sends the user name and password to the proxy, and not to the server", async () => {
    process.env.HTTP_PROXY = withCredentials();
    server.script({ json: DETAILED_JOB });
    await client().jobs.get(JOB_ID);
    assert.deepEqual(credentials(), [`me:${PASSWORD}`]);
  });

  it("never uses the proxy for a server on this machine", async () => {
    process.env.ALL_PROXY = "http://no-such-proxy.invalid:1";
    server.script({ json: DETAILED_JOB });
    await client(server.url).jobs.get(JOB_ID);
    await client(`http://localhost:${server.port}`).jobs.get(JOB_ID);
    assert.equal(server.received.length, 2);
  });

  for (const [list, goesThrough] of [
    ["api.test", false],
    [".test", false],
    ["*.test", false],
    ["*", false],
    ["other.test, .example", true],
    ["api.test:1", true],
  ] as const) {
    for (const name of ["NO_PROXY", "no_proxy"]) {
      it(`${goesThrough ? "uses" : "bypasses"} the proxy with ${name}=${list}`, async () => {
        process.env.HTTP_PROXY = proxy.url();
        process.env[name] = list;
        server.script({ json: DETAILED_JOB });
        const call = client().jobs.get(JOB_ID);
        if (goesThrough) {
          await call;
        }
        // Only the proxy resolves this name.
        else {
          assert.match((await failure(call)).message, /the host name of api\.test:\d+ could not be resolved/);
        }
        assert.equal(requests.length, goesThrough ? 1 : 0);
      });
    }
  }

  describe("a failing proxy", () => {
    const NO_PROXY = "to bypass the proxy, add api.test to NO_PROXY.";
    const CHECK = `Check the proxy and its URL (HTTPS_PROXY, HTTP_PROXY, ALL_PROXY); ${NO_PROXY}`;
    const LOGIN = `Set them in the proxy URL in the environment (http://user:password@host:port, special characters percent-encoded); ${NO_PROXY}`;
    const place = (scheme: string) => `GET /v1/fine_tuning/jobs/${JOB_ID} on ${scheme}://api.test:${server.port}`;

    for (const scheme of ["http", "https"]) {
      const get = (timeoutMs?: number) =>
        failure(client(`${scheme}://api.test:${server.port}`, timeoutMs).jobs.get(JOB_ID));
      const use = (url: string) => {
        process.env[`${scheme}_proxy`] = url;
      };

      it(`${scheme}: requires a password (407)`, async () => {
        use(proxy.url());
        requests = proxy.route("", refuse(407));
        const error = await get();
        assert.equal(
          error.message,
          `${place(scheme)}: the proxy ${proxy.url()} requires a user name and a password (ERR_PROXY_407). ${LOGIN}`,
        );
        assert.equal(error.proxy, proxy.url());
      });

      it(`${scheme}: refuses the password (407), which the error does not show`, async () => {
        use(withCredentials());
        requests = proxy.route("", refuse(407));
        assert.equal(
          (await get()).message,
          `${place(scheme)}: the proxy ${proxy.url()} refused the user name or password (ERR_PROXY_407). ${LOGIN}`,
        );
      });

      it(`${scheme}: is unreachable`, async () => {
        const gone = await TestProxy.start({ stream: true });
        use(gone.url());
        await gone.stop();
        const { message } = await get();
        assert.match(message, /: the proxy http:\/\/127\.0\.0\.1:\d+ refused the connection \(ECONNREFUSED\)\. /);
        assert.ok(message.endsWith(CHECK), message);
      });

      it(`${scheme}: has an unknown name`, async () => {
        use("http://no-such-proxy.invalid:3128");
        assert.match(
          (await get()).message,
          /: the host name of the proxy http:\/\/no-such-proxy\.invalid:3128 could not be resolved \(E/,
        );
      });
    }

    it("https: refuses to connect (403), and its page does not count as the server's reply", async () => {
      process.env.HTTPS_PROXY = proxy.url();
      requests = proxy.route("", refuse(403));
      assert.equal(
        (await failure(client(`https://api.test:${server.port}`).jobs.get(JOB_ID))).message,
        `${place("https")}: the proxy ${proxy.url()} did not connect to api.test:${server.port} (ERR_PROXY_403). ${CHECK}`,
      );
    });

    it("https: temporarily cannot connect (503), and the request is retried", async () => {
      process.env.HTTPS_PROXY = proxy.url();
      requests = proxy.route("", refuse(503));
      const call = client(`https://api.test:${server.port}`).jobs.get(JOB_ID, { maxRetries: 1 });
      assert.match((await failure(call)).message, /\(ERR_PROXY_503\) in 2 attempts\. /);
      assert.equal(requests.length, 2);
    });

    it("https: does not answer", async () => {
      process.env.HTTPS_PROXY = proxy.url();
      proxy.route("", () => ({ kind: "silence" }));
      const { message } = await failure(client(`https://api.test:${server.port}`, 300).jobs.get(JOB_ID));
      assert.match(message, /: the proxy http:\/\/127\.0\.0\.1:\d+ could not be reached \(ETIMEDOUT\)\. /);
    });

    for (const value of ["socks5://me:s3cret@127.0.0.1:1", "http://"]) {
      it(`has an invalid URL: ${value.split(":")[0]}`, async () => {
        process.env.HTTPS_PROXY = value;
        await assert.rejects(client("https://api.test").jobs.get(JOB_ID), {
          name: "InvalidArgumentError",
          message:
            "HTTPS_PROXY: expected the URL of an HTTP proxy, such as http://proxy.example:3128. The proxy applies to https://api.test; list hosts that need no proxy in NO_PROXY.",
        });
      });
    }
  });

  describe("a server with a private certificate", () => {
    let secure: ScriptedServer;
    let folder: string;
    let authority: string;

    before(async () => {
      const certificate = await certificateFor("api.test");
      secure = await ScriptedServer.start(createTlsServer(certificate) as never);
      folder = await mkdtemp(join(tmpdir(), "certificate-"));
      authority = join(folder, "authority.pem");
      await writeFile(authority, certificate.cert);
    });
    after(async () => {
      await secure.stop();
      await rm(folder, { recursive: true });
    });

    /** Runs in a child process, because Node reads NODE_EXTRA_CA_CERTS only at startup. */
    const inProcess = async (baseUrl: string, env: Record<string, string>) => {
      const source = resolve(__dirname, "../../../../provider/src/client");
      const script = `
        const { MistralClient } = require(${JSON.stringify(source)});
        const client = new MistralClient({ apiKey: "k", baseUrl: ${JSON.stringify(baseUrl)}, maxRetries: 0 });
        const calls = async () => {
          await client.jobs.get("${JOB_ID}");
          await client.jobs.get("${JOB_ID}");
          await client.jobs.create({ model: "m" });
          return "reached";
        };
        calls().catch((error) => error.message).then((text) => console.log(text));
      `;
      secure.script({ json: DETAILED_JOB });
      const child = execa(process.execPath, ["-r", "ts-node/register/transpile-only", "-e", script], {
        env,
        cwd: resolve(__dirname, "../../../.."),
        timeout: 15_000,
      });
      return (await child).stdout;
    };

    it("is reached with NODE_EXTRA_CA_CERTS", async () => {
      const text = await inProcess(`https://127.0.0.1:${secure.port}`, { NODE_EXTRA_CA_CERTS: authority });
      assert.equal(text, "reached");
    });

    it("is refused without it, with advice", async () => {
      assert.equal(
        await inProcess(`https://127.0.0.1:${secure.port}`, {}),
        `GET /v1/fine_tuning/jobs/${JOB_ID} on https://127.0.0.1:${secure.port}: the certificate of 127.0.0.1:${secure.port} is not trusted on this machine (DEPTH_ZERO_SELF_SIGNED_CERT). If a private certificate authority signed it, set NODE_EXTRA_CA_CERTS to the path of that authority's certificate.`,
      );
      assert.equal(secure.received.length, 0);
    });

    it("is reached through the proxy, with a reused tunnel or a new one for requests that are not idempotent", async () => {
      const baseUrl = `https://api.test:${secure.port}`;
      const text = await inProcess(baseUrl, { HTTPS_PROXY: proxy.url(), NODE_EXTRA_CA_CERTS: authority });
      assert.equal(text, "reached");
      assert.deepEqual(requestLines(), Array(2).fill(`CONNECT api.test:${secure.port}`));
      assert.deepEqual(
        secure.received.map(({ headers }) => headers.connection),
        ["keep-alive", "keep-alive", "close"],
      );
    });

    it("is refused through the proxy too, and the error does not blame the proxy", async () => {
      const text = await inProcess(`https://api.test:${secure.port}`, { https_proxy: proxy.url() });
      assert.match(
        text,
        /: the certificate of api\.test:\d+ is not trusted on this machine \(DEPTH_ZERO_SELF_SIGNED_CERT\)/,
      );
    });
  });
});
