import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import Database from "libsql";
import { type RunningServer, startServer } from "../../../../server/src/index";
import { openDatabase } from "../../../../server/src/store/database";
import { SessionStore } from "../../../../server/src/store/sessions";
import { pageFolder } from "../../pageFolder";
import { Api, folder, withServer } from "../../support";
import { TestBrowser } from "../../testBrowser";

/** Longer than the server waits for a keys file that is being written. */
const SETTLED_MS = 250;

const KEYS = "annas-key workspace=team name=anna@example.com\nunnamed-key\nother-key workspace=other\n";

describe("server: sessions of the page", () => {
  const keysFolder = mkdtempSync(join(tmpdir(), "sessions-"));
  const keysFile = join(keysFolder, "keys");
  const pageDir = pageFolder();
  writeKeys(KEYS);
  const api = withServer({ keysFile, pageDir, logLevel: "silent" });
  after(() => rmSync(keysFolder, { recursive: true }));

  function writeKeys(content: string): void {
    writeFileSync(keysFile, content, { mode: 0o600 });
  }
  async function changeKeys(content: string): Promise<void> {
    writeKeys(content);
    await sleep(SETTLED_MS);
  }
  async function loggedIn(key = "annas-key"): Promise<TestBrowser> {
    const browser = new TestBrowser(api.url);
    await browser.logIn(key);
    return browser;
  }
  const models = (browser: TestBrowser) => browser.status("GET", "/v1/models");
  async function assertLoggedOut(browser: TestBrowser): Promise<void> {
    const { status, json, headers } = await browser.send("GET", "/session");
    assert.deepEqual([status, json, headers["x-workspace"]], [200, { required: true }, undefined]);
  }
  /** Runs SQL on the database of the running server. */
  function query(sql: string): unknown[] {
    const database = new Database(join(api.dataDir, "server.db"));
    try {
      return database.prepare(sql).all();
    } finally {
      database.close();
    }
  }

  it("begin with a valid key, and have its workspace and its name", async () => {
    const browser = new TestBrowser(api.url);
    assert.equal(await models(browser), 401);
    await assertLoggedOut(browser);
    const cookie = await browser.logIn("annas-key");
    assert.match(cookie, /^mistral_session_[0-9a-f]{8}=[\w-]{43}; Max-Age=43200; Path=\/; HttpOnly; SameSite=Strict$/);
    const { status, json, headers } = await browser.send("GET", "/session");
    assert.equal(status, 200);
    const { expires_at, version, ...rest } = json;
    assert.deepEqual(rest, {
      required: true,
      workspace: "team",
      owner: "anna@example.com",
      trainer: "simulated",
      simulated: true,
    });
    assert.ok(Math.abs(expires_at - Date.now() / 1000 - 12 * 3600) < 60);
    assert.equal(headers["x-workspace"], "team");
    assert.equal(headers["cache-control"], "no-store");
    assert.equal(await models(browser), 200);
    assert.equal(await browser.status("HEAD", "/v1/models"), 200);
  });

  it("name the owner of a key without a name by its hash", async () => {
    const browser = await loggedIn("unnamed-key");
    const hash = createHash("sha256").update("unnamed-key").digest("hex");
    assert.equal((await browser.send("GET", "/session")).json.owner, hash.slice(0, 8));
    assert.equal((await browser.send("GET", "/session")).json.workspace, "default");
  });

  it("do not begin with a wrong key, a hash of a key, or an invalid body", async () => {
    const hash = createHash("sha256").update("annas-key").digest("hex");
    for (const [body, status] of [
      [{ key: "wrong-key" }, 401],
      [{ key: hash }, 401],
      [{ key: `sha256:${hash}` }, 401],
      [{ key: "annas-key workspace=other" }, 401],
      [{ key: "" }, 422],
      [{ key: ["annas-key"] }, 422],
      [{ key: "annas-key", workspace: "other" }, 422],
      [{}, 422],
      [undefined, 422],
      ["{", 422],
    ] as const) {
      const browser = new TestBrowser(api.url);
      const reply = await browser.send("POST", "/session", { body });
      assert.equal(reply.status, status, JSON.stringify(body));
      assert.equal(reply.headers["set-cookie"], undefined);
      assert.doesNotMatch(reply.body.toString(), /wrong-key|annas-key/);
    }
  });

  it("do not begin with more than a kilobyte, before the key is looked at", async () => {
    const reply = await new TestBrowser(api.url).send("POST", "/session", {
      body: { key: "annas-key", x: "x".repeat(1024) },
    });
    assert.deepEqual([reply.status, reply.json.type], [413, "too_large"]);
    assert.equal(reply.headers["set-cookie"], undefined);
  });

  it("are valid for the API and its downloads, but not for metrics", async () => {
    const browser = await loggedIn();
    const form = `--b\r\ncontent-disposition: form-data; name="purpose"\r\n\r\nfine-tune\r\n--b\r\ncontent-disposition: form-data; name="file"; filename="t.jsonl"\r\n\r\n{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b"}]}\r\n--b--\r\n`;
    const { json, status } = await browser.send("POST", "/v1/files", {
      body: form,
      headers: { "content-type": "multipart/form-data; boundary=b" },
    });
    assert.equal(status, 200, JSON.stringify(json));
    assert.equal(await browser.status("GET", `/v1/files/${json.id}/content`), 200);
    assert.equal(await (await loggedIn("other-key")).status("GET", `/v1/files/${json.id}/content`), 404);
    assert.equal(await browser.status("DELETE", `/v1/files/${json.id}`), 200);
    assert.equal(await browser.status("GET", "/metrics"), 401);
  });

  it("are never used by a request with a key, except to end them", async () => {
    const browser = await loggedIn();
    for (const authorization of ["Bearer wrong-key", "Bearer", "bearer "]) {
      assert.equal(await browser.status("GET", "/v1/models", { headers: { authorization } }), 401, authorization);
      assert.equal(await browser.status("GET", "/session", { headers: { authorization } }), 401, authorization);
    }
    const headers = { authorization: "Bearer other-key" };
    const reply = await browser.send("GET", "/v1/models", { headers });
    assert.equal(reply.headers["x-workspace"], "other");
    assert.equal(await models(browser), 200);
    const copy = browser.cookie;
    assert.equal(await browser.status("DELETE", "/session", { headers }), 204);
    assert.equal(await browser.status("GET", "/v1/models", { headers: { cookie: copy } }), 401);
  });

  it("work with the Authorization header of a proxy's own login", async () => {
    const headers = { authorization: "Basic YTpi" };
    const browser = new TestBrowser(api.url);
    assert.equal(await browser.status("POST", "/session", { body: { key: "annas-key" }, headers }), 204);
    assert.equal((await browser.send("GET", "/session", { headers })).json.workspace, "team");
    assert.equal(await browser.status("GET", "/v1/models", { headers }), 200);
    assert.equal(await browser.status("DELETE", "/session", { headers }), 204);
    assert.equal(browser.cookies.size, 0);
    assert.equal(await browser.status("GET", "/v1/models", { headers }), 401);
  });

  it("end with a logout, also for a copy of the cookie", async () => {
    const browser = await loggedIn();
    const copy = new TestBrowser(api.url);
    for (const [name, value] of browser.cookies) copy.cookies.set(name, value);
    const { status, headers } = await browser.send("DELETE", "/session");
    assert.equal(status, 204);
    assert.match(
      String(headers["set-cookie"]),
      /^mistral_session_\w+=; Max-Age=0; Path=\/; HttpOnly; SameSite=Strict$/,
    );
    assert.equal(browser.cookies.size, 0);
    const { status: after, json } = await copy.send("GET", "/v1/models");
    assert.deepEqual([after, json.message], [401, "The session has ended; log in again"]);
    assert.equal(await copy.status("DELETE", "/session"), 204, "logging out twice is no error");
  });

  it("end when they expire, and expired ones leave the database at the next login", async () => {
    const browser = await loggedIn("unnamed-key");
    query("UPDATE sessions SET expires_at = 1 RETURNING seq");
    assert.equal(await models(browser), 401);
    await assertLoggedOut(browser);
    await loggedIn();
    assert.deepEqual(query("SELECT count(*) AS rows FROM sessions"), [{ rows: 1 }]);
  });

  it("end at the next request after their key was removed, and stay ended when it returns", async () => {
    const [used, unused, other] = [await loggedIn(), await loggedIn(), await loggedIn("other-key")];
    await changeKeys("unnamed-key\nother-key workspace=other\n");
    assert.deepEqual([await models(used), await models(other)], [401, 200]);
    await changeKeys(KEYS);
    assert.deepEqual([await models(used), await models(unused), await models(other)], [401, 401, 200]);
  });

  it("move with their key to another workspace", async () => {
    const browser = await loggedIn();
    await changeKeys("annas-key workspace=moved name=Anna\n");
    const { json } = await browser.send("GET", "/session");
    assert.deepEqual([json.workspace, json.owner], ["moved", "Anna"]);
    await changeKeys(KEYS);
  });

  it("get a new token at each login, never one that the browser had before", async () => {
    const browser = new TestBrowser(api.url);
    await browser.logIn("other-key");
    const [[name = "", first] = []] = browser.cookies;
    const chosen = "A".repeat(43);
    const victim = new TestBrowser(api.url);
    victim.cookies.set(name, chosen);
    await victim.logIn("annas-key");
    assert.notEqual(victim.cookies.get(name), chosen);

    // The attacker's own session, which the victim's browser was made to use.
    victim.cookies.set(name, String(first));
    await victim.logIn("annas-key");
    assert.notEqual(victim.cookies.get(name), first);
    assert.equal(await models(browser), 401);
    browser.cookies.set(name, chosen);
    assert.equal(await models(browser), 401);
  });

  it("are stored as hashes only, and no key or token is in the data folder", async () => {
    const browser = await loggedIn();
    const [token = ""] = browser.cookies.values();
    const hash = createHash("sha256").update(token).digest("hex");
    const files = ["server.db", "server.db-wal"]
      .map((name) => join(api.dataDir, name))
      .filter((path) => existsSync(path));
    const stored = Buffer.concat(files.map((path) => readFileSync(path)));
    assert.ok(stored.includes(hash), "the search works");
    assert.ok(!stored.includes(token));
    assert.ok(!stored.includes("annas-key"));
  });

  it("are ignored when the cookie is malformed or of another server", async () => {
    const browser = await loggedIn();
    const [[name = "", token = ""] = []] = browser.cookies;
    for (const cookie of [
      `mistral_session_00000000=${token}`,
      `__Host-${name}=${token}`,
      `${name.toUpperCase()}=${token}`,
      `${name}=${token}x`,
      `${name}=`,
      `${name}`,
      `=${token}`,
      "%%%;;;=",
      `${name}=${"x".repeat(8000)}`,
      `${name}=%zz`,
    ]) {
      assert.equal(await browser.status("GET", "/v1/models", { headers: { cookie } }), 401, cookie.slice(0, 80));
    }
    assert.equal(
      await browser.status("GET", "/v1/models", { headers: { cookie: `a=b; ${name}=${token}; c="d"` } }),
      200,
    );
  });

  it("are refused when the request has two, because another program may have set one", async () => {
    const browser = await loggedIn();
    const cookie = `${[...browser.cookies.keys()]}=planted; a=b; ${browser.cookie}`;
    for (const [method, path] of [
      ["GET", "/v1/models"],
      ["GET", "/session"],
      ["POST", "/session"],
    ] as const) {
      const body = method === "POST" ? { key: "annas-key" } : undefined;
      const { status, json, headers } = await browser.send(method, path, { body, headers: { cookie } });
      assert.deepEqual([status, headers["set-cookie"]], [401, undefined]);
      assert.match(json.message, /two session cookies .* delete the cookies of this site/);
    }
    assert.equal(await models(browser), 200);
  });

  it("end their event streams with the next heartbeat", async () => {
    const [ending, staying] = [await loggedIn("unnamed-key"), await loggedIn("unnamed-key")];
    const job = await new Api(api.url, "unnamed-key").job({ auto_start: false });
    const open = async ({ cookie }: TestBrowser) => {
      const { body, status } = await fetch(`${api.url}/v1/fine_tuning/jobs/${job.id}/metrics/stream`, {
        headers: { cookie, "sec-fetch-site": "same-origin" },
      });
      assert.equal(status, 200);
      return (body as ReadableStream<Uint8Array>).pipeThrough(new TextDecoderStream()).getReader();
    };
    const [ended, stayed] = [await open(ending), await open(staying)];
    await ending.send("DELETE", "/session");
    const { now } = performance;
    performance.now = () => now.call(performance) + 15_000;
    try {
      let received = "";
      while (!received.includes("heartbeat")) received += (await stayed.read()).value ?? assert.fail("ended");
      for (let chunk = await ended.read(); !chunk.done; chunk = await ended.read()) {
        assert.doesNotMatch(chunk.value, /heartbeat/);
      }
    } finally {
      performance.now = now;
      await stayed.cancel();
    }
  });
});

describe("server: two servers on localhost", () => {
  const pageDir = pageFolder();
  const [first, second] = [0, 1].map(() => withServer({ apiKeys: ["the-same-key"], pageDir })) as [
    ReturnType<typeof withServer>,
    ReturnType<typeof withServer>,
  ];

  it("neither log each other's users out nor accept each other's sessions", async () => {
    const [one, two] = [new TestBrowser(first.url), new TestBrowser(second.url)];
    await one.logIn("the-same-key");
    await two.logIn("the-same-key");
    // A browser sends the cookies of both servers to both.
    for (const [name, value] of [...one.cookies, ...two.cookies]) {
      one.cookies.set(name, value);
      two.cookies.set(name, value);
    }
    assert.equal(one.cookies.size, 2);
    const statuses = async () => [await one.status("GET", "/v1/models"), await two.status("GET", "/v1/models")];
    assert.deepEqual(await statuses(), [200, 200]);
    await two.send("DELETE", "/session");
    assert.deepEqual(await statuses(), [200, 401]);
  });
});

describe("server: sessions and restarts", () => {
  it("survive a restart, and end when the key is gone after it", async () => {
    const options = { dataDir: folder(), pageDir: pageFolder() };
    const visit = async (apiKeys: string[], use: (url: string) => Promise<void>) => {
      const server: RunningServer = await startServer({ ...options, apiKeys });
      await use(server.url).finally(() => server.close());
    };
    const cookies = new Map<string, string>();
    const status = async (url: string) => {
      const browser = new TestBrowser(url);
      for (const [name, value] of cookies) browser.cookies.set(name, value);
      return browser.status("GET", "/v1/models");
    };
    await visit(["a-key"], async (url) => {
      const browser = new TestBrowser(url);
      await browser.logIn("a-key");
      for (const [name, value] of browser.cookies) cookies.set(name, value);
    });
    await visit(["a-key"], async (url) => assert.equal(await status(url), 200));
    await visit(["another-key"], async (url) => assert.equal(await status(url), 401));
  });

  it("are limited to 100 of one key, and the newest remain", () => {
    const database = openDatabase(join(folder(), "server.db"));
    const sessions = new SessionStore(database);
    const tokens = Array.from({ length: 101 }, () => sessions.create("owner").token);
    const other = sessions.create("other").token;
    assert.deepEqual(
      [tokens[0], tokens[1], tokens[100], other].map((token) => sessions.find(String(token)) !== undefined),
      [false, true, true, true],
    );
    database.close();
  });
});
