import assert from "node:assert/strict";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import type { StartedJob } from "../../../../server/src/domain/trainer";
import { JobFolder } from "../../../../server/src/trainers/program/jobFolder";
import { rayAddress, rayHeaders } from "../../../../server/src/trainers/ray/connectionOptions";
import { RayClient } from "../../../../server/src/trainers/ray/rayClient";
import { RayClientWithBackoff } from "../../../../server/src/trainers/ray/rayClientWithBackoff";
import { readRayConfig } from "../../../../server/src/trainers/ray/rayConfig";
import { submission } from "../../../../server/src/trainers/ray/submission";
import { eventually } from "../../../support/eventually";
import { folder, removeFolders } from "../../support";

const SUBMISSION = { submission_id: "a", entrypoint: "true", runtime_env: {}, metadata: {} };

describe("server: the client of Ray's Jobs API", () => {
  let server: Server;

  afterEach(() => {
    server?.close();
    removeFolders();
  });

  /** Starts a server that uses `listener`, and returns a client of it. */
  async function client(listener: RequestListener, headers: Record<string, string> = {}): Promise<RayClient> {
    server = createServer(listener).listen(0, "127.0.0.1");
    await once(server, "listening");
    return new RayClient(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, headers);
  }

  function clientOf(status: number, text: string): Promise<RayClient> {
    return client((_request, response) => response.writeHead(status).end(text));
  }

  it("reports an invalid submission with the last line of the traceback", async () => {
    const text = "Traceback (most recent call last):\n  File x\nTypeError: entrypoint_num_cpus must be a number\n";
    const error = { name: "RayRefusalError", message: "TypeError: entrypoint_num_cpus must be a number" };
    await assert.rejects((await clientOf(400, text)).submit(SUBMISSION), error);
  });

  it("treats any other failure as temporary", async () => {
    for (const [status, text, message] of [
      [500, "No available agent to submit job, please try again later.", /returned HTTP 500: No available agent/],
      [502, "", /returned HTTP 502: no error message/],
      [200, "<html>A proxy's greeting</html>", /not from Ray's Jobs API. Check --ray-address/],
      [200, '{"status": "DREAMING"}', /not from Ray's Jobs API/],
      [302, "", /returned HTTP 302/],
    ] as const) {
      await assert.rejects((await clientOf(status, text)).get("a"), { name: "RayUnavailableError", message });
      server.close();
    }
  });

  it("sends the headers, and never shows them", async () => {
    const received: unknown[] = [];
    const ray = await client(
      (request, response) => {
        received.push(request.headers.authorization, request.headers["x-proxy"], request.headers["sec-fetch-mode"]);
        response.writeHead(401).end("who is it?");
      },
      { authorization: "Bearer t0ken", "x-proxy": "s3cret" },
    );
    await assert.rejects(
      ray.get("a"),
      (error: Error) => !/t0ken|s3cret/.test(`${error.stack}${JSON.stringify(error)}`),
    );
    assert.deepEqual(received, ["Bearer t0ken", "s3cret", undefined]);
  });

  it("limits requests to a failing cluster, for any number of jobs", async () => {
    let requests = 0;
    const cluster = new RayClientWithBackoff(
      await client((_request, response) => {
        requests += 1;
        response.writeHead(500).end();
      }),
    );
    for (let poll = 0; poll < 20; poll += 1) {
      await assert.rejects(cluster.send((ray) => ray.get("a")));
    }
    assert.equal(requests, 1);
  });

  it("sends requests again after the clock is set back by an hour during the pause", async () => {
    let status = 500;
    const cluster = new RayClientWithBackoff(
      await client((_request, response) => response.writeHead(status).end('{"status": "RUNNING"}')),
    );
    const get = () => cluster.send((ray) => ray.get("a"));
    await assert.rejects(get());
    status = 200;
    const { now } = Date;
    Date.now = () => now() - 3_600_000;
    try {
      await eventually("an answer", () => get().catch(() => undefined), { withinMs: 3000 });
    } finally {
      Date.now = now;
    }
  });

  it("polls at most twenty jobs per second", async () => {
    const cluster = new RayClientWithBackoff(await clientOf(200, ""));
    assert.deepEqual(
      [cluster.pollInterval(1), cluster.pollInterval(20), cluster.pollInterval(100)],
      [1000, 1000, 5000],
    );
  });
});

describe("server: the resources of a Ray job", () => {
  afterEach(removeFolders);

  const run = { id: "job-1", spec: { model: "m" } } as StartedJob;
  const launcher = { command: ["sh", "-c", "it's"], hangTimeout: 60, cancelGrace: 30 };

  function config(content: object) {
    const path = join(folder(), "ray.yaml");
    writeFileSync(path, JSON.stringify(content));
    return readRayConfig(path);
  }

  it("are those of the model, and the defaults for other fields", () => {
    const of = config({ defaults: { num_gpus: 1, num_cpus: 2 }, models: { m: { num_gpus: 0.5, memory: 9 } } });
    const folder = new JobFolder("/data", "job-1");
    const body = submission(run, folder, { attempt: 2 }, { ...launcher, secretsFile: "/data/s" }, of("m"));
    assert.equal(body.submission_id, "job-1-2");
    assert.deepEqual(
      [body.entrypoint_num_cpus, body.entrypoint_num_gpus, body.entrypoint_memory, body.entrypoint_resources],
      [2, 0.5, 9, undefined],
    );
    assert.equal(
      body.entrypoint,
      "exec 'python3' '/data/runs/job-1/launch.py' '--attempt' '2' '--hang-timeout' '60' '--cancel-grace' '30' '--secrets' '/data/s' " +
        "'--' 'sh' '-c' 'it'\\''s'",
    );
    assert.equal(of("other").num_gpus, 1);
  });

  it("apply to each of several workers, and not to the program that waits for them", () => {
    const of = config({
      defaults: { num_cpus: 2, num_gpus: 1, workers: 3, runtime_env: { env_vars: { A: "1" }, pip: [] } },
    });
    const body = submission(run, new JobFolder("/data", "job-1"), { attempt: 1 }, launcher, of("m"));
    assert.deepEqual([body.entrypoint_num_cpus, body.entrypoint_num_gpus], [undefined, undefined]);
    assert.match(body.entrypoint, /'--ray-workers' '3' '--'/);
    assert.deepEqual(body.runtime_env, {
      pip: [],
      env_vars: { RAY_JOB_STOP_WAIT_TIME_S: "35", RAY_RESOURCES_PER_WORKER: '{"CPU":2,"GPU":1}', A: "1" },
    });
  });

  it("names the invalid field", () => {
    const error = (message: RegExp) => ({ name: "UsageError", message });
    assert.throws(() => config({ defaults: { num_gpu: 1 } }), error(/^the Ray config file .*: defaults: .*num_gpu/));
    assert.throws(() => config({ models: { m: { workers: 0 } } }), error(/models\.m\.workers: /));
    assert.throws(() => readRayConfig("/no/file"), error(/cannot read the Ray config file/));
  });

  it("rejects invalid addresses and headers, and shows no password", () => {
    assert.equal(rayAddress("https://ray.example/cluster/"), "https://ray.example/cluster");
    for (const text of ["127.0.0.1:8265", "ray://head:10001", "http://head:8265/?x"]) {
      assert.throws(() => rayAddress(text), { name: "UsageError", message: /takes the URL of Ray's dashboard/ });
    }
    assert.throws(
      () => rayAddress("http://u:s3cret@head"),
      (error: Error) => !error.message.includes("s3cret"),
    );
    assert.deepEqual(rayHeaders({ RAY_AUTH_TOKEN: "t\n", RAY_JOB_HEADERS: '{"X-A": "b"}' }), {
      authorization: "Bearer t",
      "x-a": "b",
    });
    assert.throws(
      () => rayHeaders({ RAY_JOB_HEADERS: "s3cret" }),
      (error: Error) => !error.message.includes("s3cret"),
    );
  });
});
