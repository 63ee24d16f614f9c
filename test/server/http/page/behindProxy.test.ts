import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { type RunningServer, startServer } from "../../../../server/src/index";
import { pageFolder } from "../../pageFolder";
import { rawRequest } from "../../rawRequest";
import { folder, removeFolders, withServer } from "../../support";
import { TestBrowser } from "../../testBrowser";

describe("server: the page below a path of a proxy", () => {
  let server: RunningServer;
  let proxy: Server;
  let url: string;

  before(async () => {
    proxy = createServer((incoming, reply) => {
      const { method, headers, url: path = "" } = incoming;
      assert.match(path, /^\/a&b\//);
      const target = server.url + path.replace("/a&b", "");
      const forwarded = request(target, { method, headers: { ...headers, host: "internal:8080" } }, (answer) => {
        reply.writeHead(answer.statusCode as number, answer.headers);
        answer.pipe(reply);
      });
      incoming.pipe(forwarded);
    }).listen(0, "127.0.0.1");
    await once(proxy, "listening");
    url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    server = await startServer({
      dataDir: folder(),
      pageDir: pageFolder(),
      apiKeys: ["a-key"],
      publicUrl: `${url}/a&b`,
    });
  });

  after(async () => {
    await server.close();
    proxy.close();
    removeFolders();
  });

  it("has this path as its base, so that assets and requests go through the proxy", async () => {
    for (const path of ["/a&b/", "/a&b/jobs/an-id"]) {
      const { status, body } = await rawRequest(url, path);
      assert.equal(status, 200);
      assert.match(body.toString(), /<base href="\/a&amp;b\/">/);
    }
    assert.equal((await rawRequest(url, "/a&b/assets/main-ABC123.js")).status, 200);
  });

  it("logs in with a cookie for this path, although the proxy changes the Host", async () => {
    const browser = new TestBrowser(url);
    // Over http, browsers send no `Sec-Fetch-Site` to other machines.
    const headers = { "sec-fetch-site": "" };
    const login = await browser.send("POST", "/a&b/session", { body: { key: "a-key" }, headers });
    assert.equal(login.status, 204);
    assert.match(String(login.headers["set-cookie"]), /; Path=\/a&b\/; HttpOnly; SameSite=Strict$/);
    assert.equal(await browser.status("GET", "/a&b/session", { headers }), 200);
    assert.equal(await browser.status("POST", "/a&b/v1/fine_tuning/jobs", { body: {}, headers }), 422);
    const internal = { ...headers, origin: "https://internal:8080" };
    assert.equal(await browser.status("POST", "/a&b/v1/fine_tuning/jobs", { body: {}, headers: internal }), 403);
    const logout = await browser.send("DELETE", "/a&b/session", { headers });
    assert.match(String(logout.headers["set-cookie"]), /Max-Age=0; Path=\/a&b\/;/);
  });
});

for (const [publicUrl, name, path] of [
  ["https://models.example", "__Host-mistral_session_", "/"],
  ["https://models.example/tuning", "mistral_session_", "/tuning/"],
] as const) {
  describe(`server: a session at ${publicUrl}`, () => {
    const api = withServer({ apiKeys: ["a-key"], pageDir: pageFolder(), publicUrl });

    it("has a cookie that browsers send over https only", async () => {
      const browser = new TestBrowser(api.url, "https://models.example");
      const cookie = await browser.logIn("a-key");
      assert.match(
        cookie,
        new RegExp(`^${name}\\w{8}=[\\w-]{43}; Max-Age=43200; Path=${path}; HttpOnly; Secure; SameSite=Strict$`),
      );
      assert.equal(await browser.status("GET", "/v1/models"), 200);
      assert.equal(await browser.status("DELETE", "/session", { headers: { "sec-fetch-site": "" } }), 204);
      assert.equal(browser.cookies.size, 0);
    });
  });
}
