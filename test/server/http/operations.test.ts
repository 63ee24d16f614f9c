import assert from "node:assert/strict";
import { request } from "node:http";
import { TestServer } from "../../support/server";
import { onSmallDisk } from "../process";
import { Api, folder, type Json, removeFolders, samples, withServer } from "../support";

/** Sends exactly these headers. `fetch` does not allow a custom Host header. */
function get(url: string, headers: Record<string, string>): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { headers }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    sent.on("error", reject).end();
  });
}

describe("server: operations", () => {
  const api = withServer({ apiKeys: ["a-key"] });
  const open = withServer();

  it("answers health checks without a key", async () => {
    for (const [path, status] of [
      ["/healthz", "ok"],
      ["/readyz", "ready"],
    ]) {
      assert.deepEqual((await new Api(api.url).call("GET", path as string)).body, { status });
    }
  });

  it("returns Prometheus metrics only with a key", async () => {
    assert.equal((await new Api(api.url).call("GET", "/metrics")).status, 401);
    await api.trained();
    await api.call("GET", "/v1/fine_tuning/jobs/nothing");
    await api.call("GET", "/nowhere");
    const { body, headers } = await api.call("GET", "/metrics");
    assert.match(headers.get("content-type") as string, /^text\/plain; version=0\.0\.4/);
    assert.match(body, /^fine_tuning_jobs\{status="SUCCESS"\} 1$/m);
    assert.match(body, /^fine_tuning_jobs\{status="FAILED"\} 0$/m);
    assert.match(body, new RegExp(`^fine_tuning_uploaded_bytes_total ${samples().length}$`, "m"));
    const count = (labels: string) => new RegExp(`^http_request_duration_seconds_count\\{${labels}\\} 1$`, "m");
    assert.match(body, count('method="POST",route="/v1/files",status="200"'));
    assert.match(body, count('method="GET",route="/v1/fine_tuning/jobs/:job_id",status="404"'));
    assert.match(body, count('method="GET",route="none",status="404"'));
  });

  it("rejects requests from web pages when it has no keys", async () => {
    const { port } = new URL(open.url);
    for (const [headers, status] of [
      [{}, 200],
      [{ host: `localhost:${port}` }, 200],
      [{ host: `[::1]:${port}` }, 200],
      [{ host: "127.0.0.1" }, 200],
      [{ host: "evil.example" }, 403],
      [{ host: "127.0.0.1.evil.example" }, 403],
      [{ host: "localhost.evil.example:80" }, 403],
      [{ origin: "https://evil.example" }, 403],
      [{ origin: "null" }, 403],
      [{ origin: `http://localhost:${port}` }, 403],
    ] as [Record<string, string>, number][]) {
      for (const path of ["/v1/models", "/healthz", "/metrics"]) {
        assert.equal(await get(`${open.url}${path}`, headers), status, `${path} ${JSON.stringify(headers)}`);
      }
    }
  });

  it("accepts requests from a proxy or a web page with a key", async () => {
    const headers = { authorization: "Bearer a-key", host: "models.example", origin: "https://app.example" };
    assert.equal(await get(`${api.url}/v1/models`, headers), 200);
  });

  it("is safe against path traversal", async () => {
    for (const path of [
      "/v1/files/..%2F..%2Fserver.db/content",
      "/v1/files/%2Fetc%2Fpasswd/content",
      "/v1/files/..%5C..%5Cserver.db",
      "/v1/fine_tuning/jobs/..%2F..%2F",
      "/v1/fine_tuning/models/..%2F..%2Fserver.db/artifact",
      "/v1/files/../../server.db",
    ]) {
      assert.equal(await get(`${open.url}${path}`, {}), 404, path);
    }
    const reply = await open.upload(samples(), "../../../escaped.jsonl");
    assert.equal((await open.call("GET", `/v1/files/${reply.body.id}/content`)).body, samples());
  });

  it("rejects a too large body", async () => {
    const reply = await open.call("POST", "/v1/fine_tuning/jobs", { model: "m".repeat(2 * 1024 ** 2) });
    assert.deepEqual([reply.status, reply.body.type], [413, "too_large"]);
  });
});

describe("server: full disk", () => {
  afterEach(async () => {
    await TestServer.killAll();
    removeFolders();
  });

  it("fails the upload, leaves no partial file, and accepts uploads again after space is freed", async function () {
    const data = folder();
    this.timeout(60_000);
    const wrapper = onSmallDisk(data, "4m") ?? this.skip();
    const { url } = await TestServer.start({ dataFolder: data, wrapper });
    const api = new Api(url);
    const first = await api.fileId(samples(20_000));
    const reply = await api.upload(samples(20_000));
    assert.deepEqual([reply.status, reply.body.type], [507, "disk_full"]);
    assert.equal((await api.ok("GET", "/v1/files")).total, 1);
    await api.ok("DELETE", `/v1/files/${first}`);
    await api.fileId(samples(20_000));
  });
});

describe("server: full disk, in the database", () => {
  afterEach(async () => {
    await TestServer.killAll();
    removeFolders();
  });

  it("answers 507 to creating and to cancelling a job", async function () {
    this.timeout(60_000);
    const data = folder();
    const wrapper = onSmallDisk(data, "4m") ?? this.skip();
    const { url } = await TestServer.start({ dataFolder: data, wrapper });
    const api = new Api(url);
    const training_files = [await api.fileId(samples(10))];
    const create = (model: string) => api.call("POST", "/v1/fine_tuning/jobs", { model, training_files });
    const jobs: string[] = [];
    const fill = async () => {
      for (let round = 0; round < 2000; round++) {
        const { status, body } = await create("m".repeat(256));
        if (status !== 200) return [status, body.type];
        jobs.push(body.id);
      }
      return undefined;
    };
    assert.deepEqual(await fill(), [507, "disk_full"]);
    const replies = await Promise.all(
      jobs.slice(-50).map((id) => api.call("POST", `/v1/fine_tuning/jobs/${id}/cancel`)),
    );
    const full = replies.filter(({ status }) => status !== 200 && status !== 409);
    assert.ok(full.length > 0, "the disk is full");
    assert.deepEqual(new Set(full.map(({ status }) => status)), new Set([507]));
  });
});

describe("server: log", () => {
  afterEach(async () => {
    await TestServer.killAll();
    removeFolders();
  });

  it("contains each request and each status of a job, but no key, token or signature", async () => {
    const args = ["--log-level", "info", "--api-key", "the-key"];
    const server = await TestServer.start({ dataFolder: folder(), speed: 2000, args });
    const api = new Api(server.url, "the-key");
    const job = await api.trained({ repositories: [{ owner: "o", name: "r", token: "the-token" }] });
    const { headers } = await api.call("GET", `/v1/fine_tuning/jobs/${job.id}`);
    const signed = await api.ok("GET", `/v1/files/${job.training_files[0]}/url`);
    await fetch(signed.url);
    const { exit, stderr: log = "" } = (await server.terminate()) ?? {};
    assert.equal(exit, 0);
    const lines: Json[] = log
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    const mine = lines.find((line) => line.requestId === headers.get("x-request-id"));
    assert.deepEqual(
      [mine.level, mine.method, mine.path, mine.status, mine.jobId],
      ["info", "GET", `/v1/fine_tuning/jobs/${job.id}`, 200, job.id],
    );
    const statuses = lines
      .filter((line) => line.msg === "job status changed" && line.jobId === job.id)
      .map((line) => line.status);
    assert.deepEqual(statuses, ["VALIDATING", "VALIDATED", "STARTED", "RUNNING", "SUCCESS"]);
    for (const secret of ["the-key", "the-token", "signature="]) {
      assert.ok(!log.includes(secret), secret);
    }
  });
});
