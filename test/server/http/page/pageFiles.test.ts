import assert from "node:assert/strict";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { pageFolder, SCRIPT } from "../../pageFolder";
import { rawRequest } from "../../rawRequest";
import { folder, withServer } from "../../support";

const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; font-src 'self'; " +
  "form-action 'none'; frame-ancestors 'none'; base-uri 'self'";

describe("server: the files of the page", () => {
  const api = withServer({ pageDir: pageFolder() });
  const get = (path: string, headers?: Record<string, string>, method?: string) =>
    rawRequest(api.url, path, { headers, method });

  it("are the same HTML for each view, and the HTML is validated at each load", async () => {
    for (const path of ["/", "/jobs/an-id", "/compare?jobs=a,b", "/models", "/files", "/login"]) {
      const { status, headers, body } = await get(path);
      assert.equal(status, 200, path);
      assert.deepEqual(
        [headers["content-type"], headers["cache-control"], body.toString()],
        [
          "text/html; charset=utf-8",
          "no-cache",
          '<!doctype html><base href="/"><script src="assets/main-ABC123.js"></script>\n',
        ],
      );
    }
  });

  it("have headers against scripts of others, framing and sniffing, also in errors", async () => {
    for (const path of ["/", "/jobs/x", "/login", "/assets/main-ABC123.js", "/assets/missing.js"]) {
      const { headers } = await get(path);
      assert.equal(headers["content-security-policy"], POLICY, path);
      assert.equal(headers["x-frame-options"], "DENY");
      assert.equal(headers["x-content-type-options"], "nosniff");
      assert.equal(headers["referrer-policy"], "no-referrer");
      assert.equal(headers["cross-origin-opener-policy"], "same-origin");
      assert.equal(headers["cross-origin-resource-policy"], "same-origin");
      assert.match(String(headers["permissions-policy"]), /^accelerometer=\(\), .*camera=\(\)/);
      assert.equal(headers["access-control-allow-origin"], undefined);
    }
  });

  it("are compressed as the browser accepts, and cached for ever", async () => {
    for (const [accepted, encoding, decode] of [
      ["gzip, deflate, br, zstd", "br", brotliDecompressSync],
      ["gzip;q=0.5, br;q=0", "gzip", gunzipSync],
      ["GZIP", "gzip", gunzipSync],
      ["br;q=0.000, gzip; q=0", undefined, (bytes: Buffer) => bytes],
      ["identity", undefined, (bytes: Buffer) => bytes],
      ["__proto__, constructor", undefined, (bytes: Buffer) => bytes],
    ] as const) {
      const { headers, body } = await get("/assets/main-ABC123.js", { "accept-encoding": accepted });
      assert.equal(headers["content-encoding"], encoding, accepted);
      assert.equal(decode(body).toString(), SCRIPT);
      assert.deepEqual(
        [headers.vary, headers["cache-control"], headers["content-type"], Number(headers["content-length"])],
        ["accept-encoding", "public, max-age=31536000, immutable", "text/javascript; charset=utf-8", body.length],
      );
    }
    const style = await get("/assets/main-ABC123.css", { "accept-encoding": "br" });
    assert.deepEqual(
      [style.headers["content-encoding"], style.headers["content-type"]],
      [undefined, "text/css; charset=utf-8"],
    );
  });

  it("have a reply to HEAD without a body, and 405 for other methods", async () => {
    for (const path of ["/", "/jobs/x", "/assets/main-ABC123.js"]) {
      const [head, shown] = [await get(path, {}, "HEAD"), await get(path)];
      assert.deepEqual([head.status, head.body.length], [200, 0]);
      assert.equal(head.headers["content-length"], shown.headers["content-length"]);
      const post = await get(path, {}, "POST");
      assert.deepEqual([post.status, post.headers.allow], [405, "GET, HEAD"]);
    }
  });

  it("are the only files that a path can name", async () => {
    for (const path of [
      "/assets/../secret.js",
      "/assets/..%2Fsecret.js",
      "/assets/%2e%2e%2fsecret.js",
      "/assets/..%5Csecret.js",
      "/assets/%2Fetc%2Fpasswd",
      "/assets/main-ABC123.js%00.css",
      "/assets/main-ABC123.js/",
      "/assets//main-ABC123.js",
      "/assets/main-ABC123.js.br",
      "/assets/main-abc123.js",
      "/assets/",
      "/assets",
      "/assets/__proto__",
      "/assets/constructor",
      "/secret.js",
      "/index.html",
      "//etc/passwd",
    ]) {
      const { status, body, headers } = await get(path);
      assert.equal(status, 404, `${path}: ${body}`);
      assert.match(String(headers["content-type"]), /^application\/json/);
      assert.equal(headers["cache-control"], "no-store");
    }
    assert.equal((await get("/assets/%zz")).status, 400);
  });

  it("do not exist for a page of DNS rebinding", async () => {
    const { status, body } = await get("/", { host: "evil.example" });
    assert.equal(status, 403);
    assert.doesNotMatch(body.toString(), /doctype/);
  });
});

describe("server: without a built page", () => {
  const api = withServer({ pageDir: folder() });

  it("has no routes for it", async () => {
    for (const path of ["/", "/login", "/session", "/assets/main.js"]) {
      assert.equal((await api.call("GET", path)).status, 404, path);
    }
  });
});

describe("server: replies of the API in a browser", () => {
  const api = withServer({ pageDir: pageFolder() });

  it("are not stored, run, embedded or read by another site", async () => {
    for (const path of ["/v1/models", "/v1/models/missing", "/healthz", "/metrics", "/session", "/jobs/a/b", "/%zz"]) {
      const { headers } = await api.call("GET", path);
      assert.equal(headers.get("content-security-policy"), "default-src 'none'; frame-ancestors 'none'", path);
      assert.equal(headers.get("x-content-type-options"), "nosniff", path);
      assert.equal(headers.get("cross-origin-resource-policy"), "same-origin", path);
      assert.equal(headers.get("cache-control"), "no-store", path);
    }
  });

  it("are downloads where they have data of users", async () => {
    const id = await api.fileId();
    const { headers } = await api.call("GET", `/v1/files/${id}/content`);
    assert.match(String(headers.get("content-disposition")), /^attachment/);
    assert.equal(headers.get("content-type"), "application/octet-stream");
    assert.equal(headers.get("x-content-type-options"), "nosniff");
  });
});
