import assert from "node:assert/strict";
import { once } from "node:events";
import { request as httpRequest } from "node:http";
import { createServer, request, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { parsePublicUrl } from "../../../server/src/http/publicUrl";
import { certificateFor } from "../../support/certificate";
import { Api, removeFolders, samples } from "../support";
import { TrainingServer } from "../trainings";

describe("server: --public-url", function () {
  this.timeout(60_000);
  const server = new TrainingServer({ m: {} });
  let proxy: Server;
  let publicUrl: string;
  let certificate: { key: string; cert: string };
  let api: Api;

  before("start a TLS proxy that serves the API below a path", async () => {
    certificate = await certificateFor("localhost");
    proxy = createServer(certificate, (incoming, reply) => {
      const { method, headers, url = "" } = incoming;
      const target = api.url + url.replace(/^\/mistral/, "");
      const forwarded = httpRequest(target, { method, headers: { ...headers, host: "internal:8080" } }, (answer) => {
        reply.writeHead(answer.statusCode as number, answer.headers);
        answer.pipe(reply);
      });
      incoming.pipe(forwarded);
    }).listen(0, "127.0.0.1");
    await once(proxy, "listening");
    publicUrl = `https://127.0.0.1:${(proxy.address() as AddressInfo).port}/mistral`;
    api = new Api((await server.start("--api-key", "a-key", "--public-url", `${publicUrl}/`)).url, "a-key");
  });

  after(async () => {
    await server.stop();
    proxy.close();
    removeFolders();
  });

  /** Requests a URL as a client outside does. */
  async function get(url: string, key?: string) {
    const headers = key === undefined ? {} : { authorization: `Bearer ${key}` };
    const [answer] = await once(request(url, { ca: certificate.cert, headers }).end(), "response");
    return { status: answer.statusCode as number, body: await text(answer) };
  }

  it("is the start of every link, and the links work through the proxy", async () => {
    const job = await api.trained({ model: "m" });
    const path = `/v1/fine_tuning/models/${encodeURIComponent(job.fine_tuned_model)}/artifact`;
    const { data } = await api.ok("GET", "/v1/fine_tuning/jobs");
    const model = await api.ok("GET", `/v1/models/${job.fine_tuned_model}`);
    for (const { artifact } of [job, data[0], model]) {
      assert.equal(artifact.url, publicUrl + path);
    }
    assert.equal((await get(job.artifact.url)).status, 401);
    const archive = await get(job.artifact.url, "a-key");
    assert.deepEqual([archive.status, archive.body.includes("adapter_config.json")], [200, true]);

    const { url } = await api.ok("GET", `/v1/files/${await api.fileId()}/url`);
    assert.ok(url.startsWith(`${publicUrl}/v1/files/`), url);
    assert.deepEqual(await get(url), { status: 200, body: samples() });
  });

  it("has no trailing slash and keeps its port and path", () => {
    for (const [given, expected] of [
      ["https://example.com", "https://example.com"],
      ["HTTPS://Example.com:8443/a/b//", "https://example.com:8443/a/b"],
      ["http://[::1]:8080/", "http://[::1]:8080"],
    ] as const) {
      assert.equal(parsePublicUrl(given), expected);
    }
  });
});
