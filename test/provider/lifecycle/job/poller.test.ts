import assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import { AuthenticationError, MistralClient, ServerError } from "../../../../provider/src/client";
import { JobPoller } from "../../../../provider/src/lifecycle/job/poller";
import { realClock } from "../../../../provider/src/lifecycle/runtime/clock";
import { type Answer, type Received, ScriptedServer } from "../../../support/scriptedServer";

const JOBS = "/v1/fine_tuning/jobs";
const CREATED = 1_790_000_000;

const job = (id: string, status = "RUNNING") => ({ id, model: "open-mistral-7b", status, created_at: CREATED });
const watched = (id: string) => ({ jobId: id, createdAt: new Date(CREATED * 1000).toISOString() });

/** Answers like a server with these jobs, whose list contains only some of them. */
const serving =
  (ids: string[], listed = ids) =>
  ({ path, query }: Received, response: ServerResponse): void => {
    const body =
      path === JOBS
        ? {
            object: "list",
            total: listed.length,
            data: query.page === "0" || !query.page ? listed.map((id) => job(id)) : [],
          }
        : { ...job(path.slice(JOBS.length + 1)), events: [] };
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(body));
  };

describe("the poller of a server's jobs", () => {
  let server: ScriptedServer;
  let watch: JobPoller;

  before(async () => {
    server = await ScriptedServer.start();
  });
  after(() => server.stop());
  beforeEach(() => {
    watch = new JobPoller(new MistralClient({ baseUrl: server.url, maxRetries: 0 }), realClock);
  });

  const asked = () => server.received.map(({ path }) => path.slice(JOBS.length + 1) || "list");
  const lookAt = (ids: string[], afterMs = 10) =>
    Promise.all(ids.map((id) => watch.poll(watched(id), afterMs, new AbortController().signal)));

  it("fetches a single job directly", async () => {
    server.script(serving(["a"]));
    const [seen] = await lookAt(["a"]);
    assert.equal(seen?.detailed, true);
    assert.deepEqual(asked(), ["a"]);
  });

  it("polls many jobs with one list request, and fetches one of them per poll in rotation", async () => {
    const ids = Array.from({ length: 40 }, (_, index) => `job-${index}`);
    server.script(serving(ids));
    const inTurn = new Set<string>();
    for (let round = 0; round < 3; round++) {
      server.received.length = 0;
      const seen = await lookAt(ids);
      assert.deepEqual(
        seen.map(({ job }) => job.id),
        ids,
      );
      const [list, single, ...more] = asked();
      assert.equal(list, "list");
      assert.deepEqual(more, []);
      assert.deepEqual(
        seen.filter(({ detailed }) => detailed).map(({ job }) => job.id),
        [single],
      );
      inTurn.add(single as string);
    }
    assert.equal(inTurn.size, 3);
    const { created_after } = server.received[0]?.query ?? {};
    assert.equal(Date.parse(created_after as string), (CREATED - 1) * 1000);
  });

  it("fetches a job that is missing in the list", async () => {
    server.script(serving(["new", "newer", "old"], ["new", "newer"]));
    const seen = await lookAt(["new", "newer", "old"]);
    assert.equal(seen[2]?.job.id, "old");
    assert.equal(seen[2]?.detailed, true);
  });

  it("serves polls that are due later together with the first", async () => {
    server.script(serving(["soon", "later"]));
    const [, later] = await Promise.all([
      watch.poll(watched("soon"), 10, new AbortController().signal),
      watch.poll(watched("later"), 600_000, new AbortController().signal),
    ]);
    assert.equal(later.job.id, "later");
  });

  it("reports a temporary list failure to every poll, without fetching each job", async () => {
    server.script({ status: 503, json: { message: "busy" } });
    const results = await Promise.allSettled(
      ["a", "b", "c"].map((id) => watch.poll(watched(id), 10, new AbortController().signal)),
    );
    for (const result of results) {
      assert.ok(result.status === "rejected" && result.reason instanceof ServerError);
    }
    assert.deepEqual(asked(), ["list"]);
  });

  it("fetches each job when listing is refused", async () => {
    const refused: Answer = { status: 403, json: { message: "no lists" } };
    server.script(refused, serving(["a", "b"]));
    const seen = await lookAt(["a", "b"]);
    assert.deepEqual(
      seen.map(({ detailed }) => detailed),
      [true, true],
    );
    assert.deepEqual(asked(), ["list", "a", "b"]);
  });

  it("fetches each due job when the list is invalid", async () => {
    const page: Answer = { headers: { "content-type": "text/html" }, text: "<html>not here</html>" };
    server.script(page, serving(["due", "later"]));
    const leaving = new AbortController();
    const later = assert.rejects(watch.poll(watched("later"), 600_000, leaving.signal), { name: "AbortError" });
    await lookAt(["due"]);
    await lookAt(["due"]);
    leaving.abort();
    await later;
    assert.deepEqual(asked(), ["list", "due", "due"]);
  });

  it("does not delay other jobs when one gets no reply", async () => {
    server.script((request, response) => {
      if (!request.path.endsWith("stuck")) serving(["stuck", "well"], [])(request, response);
    });
    const leaving = new AbortController();
    const stuck = assert.rejects(watch.poll(watched("stuck"), 0, leaving.signal), { name: "AbortError" });
    for (let round = 0; round < 3; round++) {
      assert.equal((await lookAt(["well"]))[0]?.job.id, "well");
    }
    leaving.abort();
    await stuck;
  });

  it("reports to each poll the error of its own job", async () => {
    server.script({ status: 401, json: { message: "Unauthorized" } });
    const results = await Promise.allSettled(
      ["a", "b"].map((id) => watch.poll(watched(id), 10, new AbortController().signal)),
    );
    for (const result of results) {
      assert.ok(result.status === "rejected" && result.reason instanceof AuthenticationError);
    }
  });

  it("stops an aborted poll immediately, in a pause or in a request, and continues with the others", async () => {
    const leaving = new AbortController();
    server.script((request, response) => {
      leaving.abort();
      serving(["stays", "also stays"])(request, response);
    });
    const gone = watch.poll(watched("leaves"), 5, leaving.signal);
    const staying = lookAt(["stays"], 5);
    await assert.rejects(gone, { name: "AbortError" });
    assert.equal((await staying)[0]?.job.id, "stays");
    const paused = new AbortController();
    const waiting = watch.poll(watched("leaves"), 600_000, paused.signal);
    paused.abort();
    await assert.rejects(waiting, { name: "AbortError" });
  });
});
