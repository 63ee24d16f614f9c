import assert from "node:assert/strict";
import { inspect } from "node:util";
import { DEFAULT_BASE_URL, InvalidBaseUrlError, isLoopbackUrl, MistralClient } from "../../../../provider/src/client";
import { normaliseBaseUrl } from "../../../../provider/src/client/http/baseUrl";
import { ScriptedServer } from "../../../support/scriptedServer";

describe("the base URL", () => {
  const accepted: [string, string][] = [
    ["https://api.mistral.ai", "https://api.mistral.ai"],
    ["https://API.Mistral.ai/", "https://api.mistral.ai"],
    ["https://api.mistral.ai:443/v1", "https://api.mistral.ai"],
    ["https://api.mistral.ai/v1/", "https://api.mistral.ai"],
    ["  http://localhost:8080//\n", "http://localhost:8080"],
    ["http://127.0.0.1:8080/v1", "http://127.0.0.1:8080"],
    ["http://[::1]:80", "http://[::1]"],
    ["https://gateway.example/mistral/v1/", "https://gateway.example/mistral"],
  ];
  for (const [given, normal] of accepted) {
    it(`${JSON.stringify(given)} becomes ${normal}`, () => {
      assert.equal(new MistralClient({ baseUrl: given }).baseUrl, normal);
    });
  }

  it("is Mistral's hosted service by default", () => {
    assert.equal(new MistralClient().baseUrl, DEFAULT_BASE_URL);
  });

  const refused: [string, RegExp][] = [
    ["", /is not an http or https URL/],
    ["ftp://x.example", /is not an http or https URL/],
    ["file:///etc/passwd", /is not an http or https URL/],
    ["0123456789abcdef-a-key", /is not an http or https URL/],
    ["localhost:8080", /has no scheme. Set "https:\/\/localhost:8080", or "http:\/\/localhost:8080"/],
    ["api.mistral.ai/v1", /has no scheme/],
    ["https://user:secret@x.example", /for x\.example contains a user name or a password/],
    ["https://secret@x.example", /contains a user name or a password/],
    ["https://x.example/?key=secret", /query or a fragment/],
    ["https://x.example/#secret", /query or a fragment/],
    ["https://api.mistral.ai/v1/fine_tuning/jobs", /path of an endpoint. .* such as https:\/\/api\.mistral\.ai\./],
    ["https://x.example/a//b", /path of an endpoint/],
    ["https://x.example/a%2Fb", /path of an endpoint/],
  ];
  for (const [given, message] of refused) {
    it(`rejects ${JSON.stringify(given)}`, () => {
      assert.throws(
        () => new MistralClient({ baseUrl: given }),
        (error) => {
          assert.ok(error instanceof InvalidBaseUrlError);
          assert.match(error.message, message);
          assert.ok(!/secret|0123456789abcdef/.test(inspect(error).split("\n")[0] ?? ""));
          return true;
        },
      );
    });
  }

  it("keeps a gateway's prefix in every path", async () => {
    const server = await ScriptedServer.start();
    server.script({ json: { data: [] } });
    await new MistralClient({ baseUrl: `${server.url}/mistral/v1` }).models.list();
    assert.equal(server.only.path, "/mistral/v1/models");
    await server.stop();
  });

  it("recognises every loopback name and address, and no other", () => {
    for (const host of [
      "localhost",
      "LOCALHOST",
      "a.localhost",
      "127.0.0.1",
      "127.9.8.7",
      "127.1",
      "[::1]",
      "[::ffff:127.0.0.1]",
    ]) {
      assert.ok(isLoopbackUrl(`http://${host}:8080`), host);
    }
    for (const host of [
      "localhost.example",
      "127.0.0.1.example",
      "128.0.0.1",
      "0.0.0.0",
      "[::2]",
      "10.0.0.1",
      "xlocalhost",
    ]) {
      assert.ok(!isLoopbackUrl(`http://${host}:8080`), host);
    }
  });

  it("is checked in linear time", () => {
    for (const path of [
      "/".repeat(1_000_000),
      `${"/".repeat(1_000_000)}x`,
      "/v1".repeat(300_000),
      ".a".repeat(500_000),
    ]) {
      const start = performance.now();
      for (const url of [`http://127.0.0.1${path}`, `127.0.0.1${path}`]) {
        try {
          normaliseBaseUrl(url);
        } catch (error) {
          assert.ok(error instanceof InvalidBaseUrlError, String(error));
        }
      }
      assert.ok(performance.now() - start < 2_000, `${path.slice(0, 5)}: ${performance.now() - start} ms`);
    }
  });
});
