import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { type RunningServer, type ServerOptions, startServer } from "../../../server/src/index";
import { eventually } from "../../support/eventually";
import { type ServerSentEvent, serverSentEvents } from "../../support/serverSentEvents";
import { Api, folder, type Json, removeFolders, samples } from "../support";

const KEYS = ["one", "other workspace=elsewhere"];

describe("server: metrics of simulated jobs", () => {
  let dataDir: string;
  let server: RunningServer;
  let api: Api;

  async function start(options: Partial<ServerOptions> = {}): Promise<void> {
    server = await startServer({ dataDir, speed: 2000, apiKeys: KEYS, maxConnections: 32, ...options });
    api = new Api(server.url, "one", dataDir);
  }

  before(async () => {
    dataDir = folder();
    await start();
  });
  after(async () => {
    await server.close();
    removeFolders();
  });

  const open = (id: string, headers: Record<string, string> = {}, key = "one") =>
    fetch(`${server.url}/v1/fine_tuning/jobs/${id}/metrics/stream`, {
      headers: { authorization: `Bearer ${key}`, ...headers },
    });
  const read = async (id: string, headers: Record<string, string> = {}) => {
    const events: ServerSentEvent[] = [];
    for await (const event of serverSentEvents(await open(id, headers))) events.push(event);
    return events;
  };
  const job = async (body: Record<string, unknown> = {}) =>
    api.job({ validation_files: [await api.fileId(samples(), "valid.jsonl")], ...body });
  const pointsOf = (events: ServerSentEvent[]) => events.filter(({ id }) => id !== undefined).map(({ data }) => data);

  it("returns the points page by page, and the same points in the stream", async () => {
    const { id } = await job();
    await api.until(id, "SUCCESS");
    const path = `/v1/fine_tuning/jobs/${id}/metrics`;
    const all = await api.ok("GET", path);
    assert.deepEqual([all.object, all.has_more, all.simulated], ["list", false, true]);
    assert.deepEqual(
      all.data.filter((point: Json) => point.type === "step").map((point: Json) => point.step),
      Array.from({ length: 10 }, (_, index) => index + 1),
    );
    const evaluations = await api.ok("GET", `${path}?type=evaluation`);
    assert.equal(evaluations.data[0].step, 0);
    assert.ok(evaluations.data[0].metrics.valid_loss > evaluations.data.at(-1).metrics.valid_loss);
    const pages: Json[] = [];
    for (let after = 0, hasMore = true; hasMore; ) {
      const page = await api.ok("GET", `${path}?after=${after}&page_size=4`);
      pages.push(...page.data);
      assert.ok(page.data.length === 4 || !page.has_more);
      after = page.data.at(-1).id;
      hasMore = page.has_more;
    }
    assert.deepEqual(pages, all.data);

    const events = await read(id);
    assert.deepEqual(pointsOf(events), all.data);
    assert.deepEqual(events.at(0), { event: "status", data: { status: "SUCCESS" } });
    assert.deepEqual(events.at(-1), { event: "end", data: { status: "SUCCESS" } });
    assert.deepEqual(
      pointsOf(await read(id, { "last-event-id": "16" })),
      all.data.filter((point: Json) => point.id > 16),
    );
    // The checkpoints of the job have the same figures.
    const { checkpoints } = await api.getJob(id);
    const last = evaluations.data.at(-1);
    assert.deepEqual(last.metrics.valid_loss, checkpoints[0].metrics.valid_loss);
  });

  it("sends the points and the statuses of a running job, and resumes after a restart of the server", async () => {
    await server.close();
    await start({ speed: 20 });
    const { id } = await job({ hyperparameters: { training_steps: 25 } });
    const seen: ServerSentEvent[] = [];
    const interrupted = (async () => {
      for await (const event of serverSentEvents(await open(id))) seen.push(event);
    })();
    await eventually("the first points", () => pointsOf(seen).length >= 2);
    const closed = performance.now();
    await server.close();
    await interrupted;
    // An open stream must not delay the end of the server: the grace period is 5 s.
    assert.ok(performance.now() - closed < 4000);
    assert.ok(!seen.some(({ event }) => event === "end"));
    assert.ok(seen.some(({ event, data }) => event === "status" && data.status === "RUNNING"));
    await start();
    const rest = await read(id, { "last-event-id": seen.findLast((event) => event.id !== undefined)?.id as string });
    assert.deepEqual(rest.at(-1), { event: "end", data: { status: "SUCCESS" } });
    const { data } = await api.ok("GET", `/v1/fine_tuning/jobs/${id}/metrics`);
    const received = new Map(
      [...pointsOf(seen), ...pointsOf(rest)].map((point) => [`${point.type} ${point.step}`, point]),
    );
    assert.deepEqual([...received.values()], data);
  });

  it("refuses invalid queries, unknown jobs and the jobs of other workspaces", async () => {
    const { id } = await job();
    const path = `/v1/fine_tuning/jobs/${id}/metrics`;
    for (const query of ["type=loss", "after=-1", "page_size=5001", "page=1"]) {
      assert.equal((await api.call("GET", `${path}?${query}`)).status, 422, query);
    }
    assert.equal((await api.send(`${path}/stream`, { headers: { "last-event-id": "x" } })).status, 422);
    assert.equal((await api.call("GET", "/v1/fine_tuning/jobs/unknown/metrics/stream")).status, 404);
    for (const route of [path, `${path}/stream`]) {
      assert.equal((await new Api(server.url, "other").call("GET", route)).status, 404);
      assert.equal((await new Api(server.url).call("GET", route)).status, 401);
    }
    assert.equal((await api.call("HEAD", `${path}/stream`)).status, 405);
  });

  it("limits the open streams of a key, and forgets the streams that a client has closed", async () => {
    const { id } = await job({ auto_start: false });
    const aborts = Array.from({ length: 4 }, () => new AbortController());
    const streams = await Promise.all(
      aborts.map(({ signal }) =>
        fetch(`${server.url}/v1/fine_tuning/jobs/${id}/metrics/stream`, {
          headers: { authorization: "Bearer one" },
          signal,
        }),
      ),
    );
    assert.deepEqual(
      streams.map(({ status }) => status),
      [200, 200, 200, 200],
    );
    const refused = await open(id);
    assert.equal(refused.status, 429);
    assert.match(((await refused.json()) as Json).message, /at most 4 of one API key/);
    assert.equal((await open(id, {}, "other")).status, 404);
    for (const abort of aborts) abort.abort();
    await eventually("a free stream", async () => {
      const abort = new AbortController();
      const { status } = await fetch(`${server.url}/v1/fine_tuning/jobs/${id}/metrics/stream`, {
        headers: { authorization: "Bearer one" },
        signal: abort.signal,
      });
      abort.abort();
      return status === 200;
    });
  });

  it("forgets the streams of pipelined requests when their connection is closed", async () => {
    const { id } = await job({ auto_start: false });
    const socket = connect(Number(new URL(server.url).port), "127.0.0.1");
    const path = `/v1/fine_tuning/jobs/${id}/metrics/stream`;
    socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer one\r\n\r\n`.repeat(4));
    /** Opens streams at the same time. */
    const statuses = async (count: number) => {
      const abort = new AbortController();
      const init = { headers: { authorization: "Bearer one" }, signal: abort.signal };
      const responses = await Promise.all(Array.from({ length: count }, () => fetch(`${server.url}${path}`, init)));
      abort.abort();
      return responses.map(({ status }) => status);
    };
    // The server has then received all four requests.
    await once(socket, "data");
    assert.deepEqual(await statuses(1), [429]);
    socket.destroy();
    await eventually("four free streams", async () => (await statuses(4)).every((status) => status === 200));
  });
});
