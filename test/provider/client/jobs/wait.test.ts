import assert from "node:assert/strict";
import { MistralClient, type MistralError, WaitTimeoutError } from "../../../../provider/src/client";
import { type Answer, hangUp, ScriptedServer, silence } from "../../../support/scriptedServer";
import { DETAILED_JOB, JOB_ID, KEY } from "../fixtures";

describe("waiting for a job", () => {
  let server: ScriptedServer;
  let client: MistralClient;

  before(async () => {
    server = await ScriptedServer.start();
    client = new MistralClient({ apiKey: KEY, baseUrl: server.url, maxRetries: 0 });
  });
  after(() => server.stop());

  const job = (status: string): Answer => ({ json: { ...DETAILED_JOB, status } });
  const fast = { pollIntervalMs: 10 };

  for (const status of ["SUCCESS", "FAILED", "FAILED_VALIDATION", "CANCELLED"]) {
    it(`returns at ${status} without an error`, async () => {
      server.script(job("QUEUED"), job("RUNNING"), job(status));
      const seen: string[] = [];
      const done = await client.jobs.waitUntilComplete(JOB_ID, {
        ...fast,
        onUpdate: (job) => void seen.push(job.status),
      });
      assert.equal(done.status, status);
      assert.deepEqual(seen, ["QUEUED", "RUNNING", status]);
      assert.equal(server.received.length, 3);
    });
  }

  it("keeps waiting in an unknown status", async () => {
    server.script(job("HIBERNATING"), job("CANCELLATION_REQUESTED"), job("VALIDATED"), job("SUCCESS"));
    assert.equal((await client.jobs.waitUntilComplete(JOB_ID, fast)).status, "SUCCESS");
    assert.equal(server.received.length, 4);
  });

  it("polls immediately, then every 5 seconds by default", async () => {
    server.script(job("RUNNING"), job("SUCCESS"));
    const start = performance.now();
    const polledAt: number[] = [];
    await client.jobs.waitUntilComplete(JOB_ID, { onUpdate: () => void polledAt.push(performance.now() - start) });
    assert.equal(polledAt.length, 2);
    const [first, second] = polledAt as [number, number];
    assert.ok(first < 2_000, `the first poll came after ${first} ms`);
    const interval = second - first;
    assert.ok(interval >= 4_900 && interval < 8_000, `the second poll came ${interval} ms after the first`);
  });

  it("times out with an error that names the job and says that it keeps running", async () => {
    server.script(job("RUNNING"));
    const start = Date.now();
    await assert.rejects(client.jobs.waitUntilComplete(JOB_ID, { pollIntervalMs: 60_000, timeoutMs: 150 }), (error) => {
      assert.ok(error instanceof WaitTimeoutError);
      assert.equal(error.code, "ERR_MISTRAL_WAIT_TIMEOUT");
      assert.equal(error.jobId, JOB_ID);
      assert.equal(error.status, "RUNNING");
      assert.equal(
        error.message,
        `Job ${JOB_ID} did not finish within 0.15 s (last status RUNNING). It was not cancelled and keeps running on the server. Call waitUntilComplete with the same ID to resume waiting.`,
      );
      return true;
    });
    assert.ok(Date.now() - start < 2000);
  });

  it("times out during a request", async () => {
    server.script(silence);
    await assert.rejects(client.jobs.waitUntilComplete(JOB_ID, { timeoutMs: 100 }), { name: "WaitTimeoutError" });
  });

  it("stops immediately when the signal is aborted: before the call, in a pause, in a request", async () => {
    server.script(job("RUNNING"));
    const wait = (signal: AbortSignal) => client.jobs.waitUntilComplete(JOB_ID, { signal });
    const aborted = { name: "AbortedError", message: /was not cancelled and keeps running/ };
    await assert.rejects(wait(AbortSignal.abort()), aborted);
    assert.equal(server.received.length, 0);
    await assert.rejects(wait(AbortSignal.timeout(100)), aborted);
    server.script(silence);
    await assert.rejects(wait(AbortSignal.timeout(100)), aborted);
  });

  it("tolerates an outage after the first reply, and reports it", async () => {
    server.script(job("RUNNING"), hangUp, { status: 500, json: { message: "restarting" } }, job("SUCCESS"));
    const outages: string[] = [];
    const onOutage = (error: MistralError) => void outages.push(error.name);
    const done = await client.jobs.waitUntilComplete(JOB_ID, { ...fast, onOutage });
    assert.equal(done.status, "SUCCESS");
    assert.deepEqual(outages, ["ConnectionError", "ServerError"]);
  });

  it("waits as long as the rate limit requires", async () => {
    server.script(job("RUNNING"), { status: 429, headers: { "retry-after": "0.3" }, json: {} }, job("SUCCESS"));
    const start = Date.now();
    await client.jobs.waitUntilComplete(JOB_ID, fast);
    assert.ok(Date.now() - start >= 300);
  });

  it("fails with the cause when an outage exceeds the tolerance", async () => {
    server.script(job("RUNNING"), hangUp);
    await assert.rejects(client.jobs.waitUntilComplete(JOB_ID, { ...fast, outageToleranceMs: 100 }), {
      name: "ConnectionError",
    });
  });

  it("fails immediately when the server never answered", async () => {
    server.script(hangUp);
    await assert.rejects(client.jobs.waitUntilComplete(JOB_ID, fast), { name: "ConnectionError" });
    assert.equal(server.received.length, 1);
  });

  for (const status of [401, 403, 404]) {
    it(`fails immediately with ${status}`, async () => {
      server.script(job("RUNNING"), { status, json: { message: "no" } });
      await assert.rejects(client.jobs.waitUntilComplete(JOB_ID, fast), { status });
      assert.equal(server.received.length, 2);
    });
  }

  it("fails with the error that onUpdate throws", async () => {
    server.script(job("RUNNING"));
    const onUpdate = () => {
      throw new RangeError("enough");
    };
    await assert.rejects(client.jobs.waitUntilComplete(JOB_ID, { ...fast, onUpdate }), RangeError);
  });

  it("rejects durations that exceed Node's timers", async () => {
    for (const options of [{ timeoutMs: 2 ** 31 }, { pollIntervalMs: -1 }, { timeoutMs: Number.NaN }]) {
      await assert.rejects(client.jobs.waitUntilComplete(JOB_ID, options), { name: "InvalidArgumentError" });
    }
  });
});
