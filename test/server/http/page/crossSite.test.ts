import assert from "node:assert/strict";
import { pageFolder } from "../../pageFolder";
import { type Json, samples, withServer } from "../../support";
import { TestBrowser } from "../../testBrowser";

const FORM = { "content-type": "application/x-www-form-urlencoded" };
const TEXT = { "content-type": "text/plain" };

describe("server: requests of other web pages to a server with keys", () => {
  const api = withServer({ apiKeys: ["a-key"], pageDir: pageFolder() });
  let browser: TestBrowser;
  let job: Json;
  before(async () => {
    browser = new TestBrowser(api.url);
    await browser.logIn("a-key");
    job = await api.job({ auto_start: false });
  });

  const foreign = (): [name: string, headers: Record<string, string>][] => {
    const { port, host } = new URL(api.url);
    return [
      ["another site", { "sec-fetch-site": "cross-site", origin: "https://evil.example" }],
      ["another port or subdomain", { "sec-fetch-site": "same-site", origin: `http://127.0.0.1:${Number(port) + 1}` }],
      ["a link or a bookmark", { "sec-fetch-site": "none", origin: "" }],
      ["an unknown value", { "sec-fetch-site": "same-origin, cross-site" }],
      ["another site in an old browser", { "sec-fetch-site": "", origin: "https://evil.example" }],
      ["another port in an old browser", { "sec-fetch-site": "", origin: `http://127.0.0.1:${Number(port) + 1}` }],
      ["another scheme in an old browser", { "sec-fetch-site": "", origin: `https://${host}` }],
      ["another name in an old browser", { "sec-fetch-site": "", origin: `http://localhost:${port}` }],
      ["a longer name in an old browser", { "sec-fetch-site": "", origin: `${api.url}.evil.example` }],
      ["a sandboxed frame", { "sec-fetch-site": "", origin: "null" }],
      ["a client without both headers", { "sec-fetch-site": "", origin: "" }],
    ];
  };

  it("change nothing with the cookie of a session", async () => {
    for (const [name, headers] of foreign()) {
      for (const [method, path, body] of [
        ["POST", `/v1/fine_tuning/jobs/${job.id}/start`],
        ["POST", `/v1/fine_tuning/jobs/${job.id}/cancel`],
        ["POST", "/v1/fine_tuning/jobs", { model: "open-mistral-7b" }],
        ["PATCH", "/v1/fine_tuning/models/x", { name: "x" }],
        ["DELETE", `/v1/files/${job.training_files[0]}`],
        ["DELETE", "/session"],
      ] as const) {
        const reply = await browser.send(method, path, { headers, body });
        assert.equal(reply.status, 403, `${name}: ${method} ${path}`);
        assert.equal(reply.json.type, "forbidden");
        assert.equal(reply.headers["access-control-allow-origin"], undefined);
      }
    }
    assert.equal((await api.getJob(job.id)).status, "VALIDATED");
    assert.equal(await browser.status("GET", "/session"), 200);
  });

  it("change nothing as a form, which browsers send without a preflight request", async () => {
    const form = { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", origin: "https://evil.example" };
    for (const type of [FORM, TEXT, { "content-type": "multipart/form-data; boundary=b" }, { "content-type": "" }]) {
      for (const path of [`/v1/fine_tuning/jobs/${job.id}/start`, "/v1/fine_tuning/jobs", "/v1/files"]) {
        assert.equal(await browser.status("POST", path, { headers: { ...form, ...type }, body: "{}" }), 403);
      }
      const login = await browser.send("POST", "/session", { headers: { ...form, ...type }, body: '{"key":"a-key"}' });
      assert.deepEqual([login.status, login.headers["set-cookie"]], [403, undefined]);
    }
  });

  it("read nothing with the cookie, which then counts as absent", async () => {
    for (const [name, headers] of foreign()) {
      const maySend = name === "a link or a bookmark" || name === "a client without both headers";
      for (const path of ["/v1/models", `/v1/fine_tuning/jobs/${job.id}`]) {
        assert.equal(await browser.status("GET", path, { headers }), maySend ? 200 : 401, `${name}: ${path}`);
        assert.equal(await browser.status("HEAD", path, { headers }), maySend ? 200 : 401, `${name}: ${path}`);
      }
      const { json } = await browser.send("GET", "/session", { headers });
      assert.equal(json.workspace, maySend ? "default" : undefined, name);
    }
  });

  it("log nobody in, also not with the attacker's own key", async () => {
    for (const [name, headers] of foreign()) {
      if (name === "a link or a bookmark" || name === "a client without both headers") continue;
      const visitor = new TestBrowser(api.url);
      const reply = await visitor.send("POST", "/session", { body: { key: "a-key" }, headers });
      assert.deepEqual([reply.status, reply.headers["set-cookie"]], [403, undefined], name);
    }
  });

  it("get no permission from a preflight request", async () => {
    for (const path of ["/session", "/v1/fine_tuning/jobs", "/"]) {
      const reply = await browser.send("OPTIONS", path, {
        headers: { origin: "https://evil.example", "access-control-request-method": "POST" },
      });
      assert.equal(reply.status, 405);
      assert.deepEqual(
        Object.keys(reply.headers).filter((name) => name.startsWith("access-control-")),
        [],
      );
    }
  });

  it("are told apart from the server's own page, in old browsers as well", async () => {
    const own = await browser.send("POST", "/v1/fine_tuning/jobs", { body: {}, headers: { "sec-fetch-site": "" } });
    assert.equal(own.status, 422);
    assert.equal(await browser.status("POST", "/v1/fine_tuning/jobs", { body: {}, headers: { origin: "" } }), 422);
  });

  it("may have an API key of their own, as before", async () => {
    const headers = { authorization: "Bearer a-key", "sec-fetch-site": "cross-site", origin: "https://app.example" };
    assert.equal(await browser.status("POST", "/v1/fine_tuning/jobs", { body: {}, headers }), 422);
  });
});

describe("server: web pages and a server without keys", () => {
  const api = withServer({ pageDir: pageFolder() });
  const page = () => new TestBrowser(api.url);

  it("needs no login, and names everybody anonymous", async () => {
    const { status, json } = await page().send("GET", "/session");
    assert.equal(status, 200);
    const { version, ...rest } = json;
    assert.deepEqual(rest, {
      required: false,
      workspace: "default",
      owner: "anonymous",
      trainer: "simulated",
      simulated: true,
    });
    const login = await page().send("POST", "/session", { body: { key: "any" } });
    assert.deepEqual([login.status, login.headers["set-cookie"]], [204, undefined]);
    assert.equal(await page().status("DELETE", "/session"), 204);
  });

  it("accepts what its own page changes, under each name of this machine", async () => {
    const { port } = new URL(api.url);
    for (const host of [`127.0.0.1:${port}`, `localhost:${port}`, `[::1]:${port}`]) {
      const id = await api.fileId(samples());
      const headers = { host, origin: `http://${host}` };
      assert.equal(await page().status("DELETE", `/v1/files/${id}`, { headers }), 200, host);
    }
  });

  it("rejects other pages, and pages of DNS rebinding, also for its own files", async () => {
    const { port, host } = new URL(api.url);
    const id = await api.fileId(samples());
    for (const headers of [
      { origin: "https://evil.example" },
      { origin: `https://${host}` },
      { origin: `http://localhost:${port}` },
      { origin: `http://127.0.0.1:${Number(port) + 1}` },
      { origin: `http://${host}.evil.example` },
      { origin: `http://${host}/` },
      { origin: "null" },
      { host: `evil.example:${port}`, origin: `http://evil.example:${port}` },
      { host: `evil.example:${port}`, origin: "" },
      { host: "127.0.0.1.evil.example", origin: "http://127.0.0.1.evil.example" },
    ]) {
      for (const [method, path] of [
        ["DELETE", `/v1/files/${id}`],
        ["POST", "/session"],
        ["GET", "/v1/files"],
        ["GET", "/session"],
        ["GET", "/"],
        ["GET", "/assets/main-ABC123.js"],
      ] as const) {
        assert.equal(await page().status(method, path, { headers }), 403, `${JSON.stringify(headers)} ${path}`);
      }
    }
    assert.equal((await api.call("GET", `/v1/files/${id}`)).status, 200);
  });

  it("rejects reads without an Origin, whose time another page could measure, but not links to its page", async () => {
    for (const site of ["cross-site", "same-site"]) {
      const read = { "sec-fetch-site": site, "sec-fetch-mode": "no-cors" };
      const link = { "sec-fetch-site": site, "sec-fetch-mode": "navigate" };
      const search = "/v1/fine_tuning/dashboard/jobs?search=a";
      for (const [method, path, headers, status] of [
        ["GET", search, read, 403],
        ["GET", search, link, 403],
        ["GET", "/v1/models", { "sec-fetch-site": site }, 403],
        ["GET", "/", read, 403],
        ["POST", "/session", link, 403],
        ["GET", "/missing", link, 403],
        ["GET", "/", link, 200],
        ["GET", "/jobs/an-id", link, 200],
      ] as const) {
        assert.equal(await page().status(method, path, { headers: { origin: "", ...headers } }), status, path);
      }
    }
    assert.equal(await page().status("GET", "/v1/models", { headers: { "sec-fetch-site": "none" } }), 200);
  });
});
