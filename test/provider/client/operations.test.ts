import assert from "node:assert/strict";
import { buffer } from "node:stream/consumers";
import { type FileFilters, type JobCreateRequest, MistralClient } from "../../../provider/src/client";
import { type Answer, ScriptedServer } from "../../support/scriptedServer";
import { DETAILED_JOB, FILE, FILE_ID, JOB, JOB_ID, KEY, MODEL, MODEL_ID } from "./fixtures";

const NO_FEATURES = {
  metrics: false,
  evaluation: false,
  evaluation_samples: false,
  evaluation_on_demand: false,
  holds: false,
  approval_misses: false,
  artifacts: false,
  training_rules: false,
  dry_run: false,
  cost: false,
};

describe("client operations", () => {
  let server: ScriptedServer;
  let client: MistralClient;

  before(async () => {
    server = await ScriptedServer.start();
    client = new MistralClient({ apiKey: KEY, baseUrl: server.url });
  });
  after(() => server.stop());

  const JOBS = "/v1/fine_tuning/jobs";
  const DELETED = { id: "x", object: "file", deleted: true };
  const ESTIMATE = {
    ...JOB.metadata,
    deprecated: false,
    details: "",
    epochs: 1,
    training_steps: 100,
    object: "job.metadata",
  };
  const REQUEST: JobCreateRequest = {
    model: "open-mistral-7b",
    training_files: [{ file_id: FILE_ID, weight: 2 }, FILE_ID],
    validation_files: [FILE_ID],
    hyperparameters: JOB.hyperparameters,
    suffix: "support",
    integrations: [{ type: "wandb", project: "p", name: "n", run_name: "r", api_key: "w".repeat(40) }],
    auto_start: true,
    invalid_sample_skip_percentage: 0.1,
    job_type: "classifier",
    repositories: [{ type: "github", owner: "o", name: "n", ref: "main", weight: 1, token: "ghp_secret" }],
    classifier_targets: [{ name: "mood", labels: ["good", "bad"], weight: 1, loss_function: "single_class" }],
  };

  const HOLDS = "/v1/fine_tuning/holds/prod";
  const HOLD = { id: "prod", object: "fine_tuning.hold", models: [MODEL_ID], description: "used by prod" };
  const MISS = {
    job_id: JOB_ID,
    model: MODEL_ID,
    description: "used by prod",
    thresholds: ["validation loss 1.2 is above 1"],
  };
  const CAPABILITIES = { simulated: true, version: "1.0.0", features: { ...NO_FEATURES, holds: true } };

  interface Operation {
    title: string;
    run: () => Promise<unknown>;
    answer: unknown;
    request: { method: string; path: string; query?: Record<string, string>; json?: unknown };
  }

  const operations: Operation[] = [
    {
      title: "jobs.create posts the request as it is",
      run: () => client.jobs.create(REQUEST),
      answer: JOB,
      request: { method: "POST", path: JOBS, json: REQUEST },
    },
    {
      title: "jobs.estimate asks for a dry run",
      run: () => client.jobs.estimate(REQUEST),
      answer: ESTIMATE,
      request: { method: "POST", path: JOBS, query: { dry_run: "true" }, json: REQUEST },
    },
    {
      title: "jobs.list without filters sends no query parameters",
      run: () => client.jobs.list(),
      answer: { data: [JOB], total: 1, object: "list" },
      request: { method: "GET", path: JOBS },
    },
    {
      title: "jobs.list sends every filter, dates as ISO 8601",
      run: () =>
        client.jobs.list({
          page: 0,
          page_size: 50,
          model: "open-mistral-7b",
          created_after: new Date("2026-01-01T12:00:00+02:00"),
          created_before: "2026-02-01",
          created_by_me: false,
          status: "RUNNING",
          wandb_project: "a b",
          wandb_name: "n&m",
          suffix: "süß",
        }),
      answer: { data: [], total: 0 },
      request: {
        method: "GET",
        path: JOBS,
        query: {
          page: "0",
          page_size: "50",
          model: "open-mistral-7b",
          created_after: "2026-01-01T10:00:00.000Z",
          created_before: "2026-02-01",
          created_by_me: "false",
          status: "RUNNING",
          wandb_project: "a b",
          wandb_name: "n&m",
          suffix: "süß",
        },
      },
    },
    {
      title: "jobs.get reads the job with its events and checkpoints",
      run: () => client.jobs.get(JOB_ID),
      answer: DETAILED_JOB,
      request: { method: "GET", path: `${JOBS}/${JOB_ID}` },
    },
    {
      title: "jobs.cancel posts without a body",
      run: () => client.jobs.cancel(JOB_ID),
      answer: DETAILED_JOB,
      request: { method: "POST", path: `${JOBS}/${JOB_ID}/cancel` },
    },
    {
      title: "jobs.start posts without a body",
      run: () => client.jobs.start(JOB_ID),
      answer: DETAILED_JOB,
      request: { method: "POST", path: `${JOBS}/${JOB_ID}/start` },
    },
    {
      title: "files.list sends every filter",
      run: () =>
        client.files.list({ page: 1, page_size: 5, include_total: true, search: "train", purpose: "fine-tune" }),
      answer: { data: [FILE], total: 1, object: "list" },
      request: {
        method: "GET",
        path: "/v1/files",
        query: { page: "1", page_size: "5", include_total: "true", search: "train", purpose: "fine-tune" },
      },
    },
    {
      title: "files.get reads a file",
      run: () => client.files.get(FILE_ID),
      answer: { ...FILE, deleted: false },
      request: { method: "GET", path: `/v1/files/${FILE_ID}` },
    },
    {
      title: "files.getSignedUrl passes the expiry on",
      run: () => client.files.getSignedUrl(FILE_ID, { expiry: 2 }),
      answer: { url: "https://storage.example/x?sig=y" },
      request: { method: "GET", path: `/v1/files/${FILE_ID}/url`, query: { expiry: "2" } },
    },
    {
      title: "files.delete deletes",
      run: () => client.files.delete(FILE_ID),
      answer: DELETED,
      request: { method: "DELETE", path: `/v1/files/${FILE_ID}` },
    },
    {
      title: "models.list reads all models",
      run: () => client.models.list(),
      answer: { object: "list", data: [MODEL, { id: "mistral-small-latest" }] },
      request: { method: "GET", path: "/v1/models" },
    },
    {
      title: "models.get encodes the colons of a fine-tuned model's id",
      run: () => client.models.get(MODEL_ID),
      answer: MODEL,
      request: { method: "GET", path: `/v1/models/${encodeURIComponent(MODEL_ID)}` },
    },
    {
      title: "models.update sends only the given fields",
      run: () => client.models.update(MODEL_ID, { name: "Support", description: undefined }),
      answer: MODEL,
      request: {
        method: "PATCH",
        path: `/v1/fine_tuning/models/${encodeURIComponent(MODEL_ID)}`,
        json: { name: "Support" },
      },
    },
    {
      title: "models.archive sends POST to the archive route",
      run: () => client.models.archive(MODEL_ID),
      answer: { id: MODEL_ID, object: "model", archived: true },
      request: { method: "POST", path: `/v1/fine_tuning/models/${encodeURIComponent(MODEL_ID)}/archive` },
    },
    {
      title: "models.unarchive sends DELETE to the archive route",
      run: () => client.models.unarchive(MODEL_ID),
      answer: { id: MODEL_ID, object: "model", archived: false },
      request: { method: "DELETE", path: `/v1/fine_tuning/models/${encodeURIComponent(MODEL_ID)}/archive` },
    },
    {
      title: "models.delete deletes",
      run: () => client.models.delete(MODEL_ID),
      answer: { id: MODEL_ID, object: "model", deleted: true },
      request: { method: "DELETE", path: `/v1/models/${encodeURIComponent(MODEL_ID)}` },
    },
    {
      title: "holds.put puts the models",
      run: () => client.holds.put("prod", [MODEL_ID], "used by prod"),
      answer: HOLD,
      request: { method: "PUT", path: HOLDS, json: { models: [MODEL_ID], description: "used by prod" } },
    },
    {
      title: "holds.get reads a hold",
      run: () => client.holds.get("prod"),
      answer: HOLD,
      request: { method: "GET", path: HOLDS },
    },
    {
      title: "holds.delete ends a hold",
      run: () => client.holds.delete("prod"),
      answer: { id: "prod", deleted: true },
      request: { method: "DELETE", path: HOLDS },
    },
    {
      title: "holds.reportMiss reports a model that misses thresholds",
      run: () => client.holds.reportMiss("prod", MISS),
      answer: { object: "fine_tuning.approval_miss" },
      request: { method: "POST", path: `${HOLDS}/misses`, json: MISS },
    },
    {
      title: "capabilities asks for the features",
      run: () => client.capabilities(),
      answer: CAPABILITIES,
      request: { method: "GET", path: "/v1/fine_tuning/capabilities" },
    },
  ];

  for (const { title, run, answer, request } of operations) {
    it(title, async () => {
      server.script({ json: answer });
      assert.deepEqual(await run(), answer);
      const { method, path, query, headers, body } = server.only;
      const { json, ...expected } = request;
      assert.deepEqual({ method, path, query }, { query: {}, ...expected });
      assert.equal(headers.authorization, `Bearer ${KEY}`);
      if (json === undefined) {
        assert.equal(body.length, 0);
      } else {
        assert.match(headers["content-type"] ?? "", /^application\/json/);
        assert.deepEqual(server.only.json(), JSON.parse(JSON.stringify(json)));
      }
    });
  }

  it("repeats the query parameter for each value of a file filter", async () => {
    server.script({ json: { data: [] } });
    const filters: FileFilters = {
      sample_type: ["instruct", "pretrain"],
      source: ["upload"],
      mimetypes: ["a/b", "c/d"],
    };
    await client.files.list(filters);
    assert.deepEqual(server.only.query, {
      sample_type: ["instruct", "pretrain"],
      source: "upload",
      mimetypes: ["a/b", "c/d"],
    });
  });

  it("files.download streams the content byte for byte", async () => {
    const content = Buffer.from(Array.from({ length: 300_000 }, (_, index) => index % 251));
    server.script((_request, response) => response.end(content));
    const stream = await client.files.download(FILE_ID);
    assert.equal(server.only.path, `/v1/files/${FILE_ID}/content`);
    assert.deepEqual(await buffer(stream), content);
  });

  it("keeps unknown fields and statuses, and drops null", async () => {
    server.script({
      json: { id: "1", model: "m", status: "HIBERNATING", invented: { a: [1, null] }, suffix: null, metadata: null },
    });
    const job: unknown = await client.jobs.get("1");
    assert.deepEqual(job, { id: "1", model: "m", status: "HIBERNATING", invented: { a: [1, null] } });
  });

  it("sends the headers of the client and of the call", async () => {
    server.script({ json: MODEL });
    const other = new MistralClient({ baseUrl: server.url, headers: { "X-Team": "a", "X-Both": "client" } });
    await other.models.get("m", { headers: { "x-both": "call" } });
    assert.equal(server.only.headers["x-team"], "a");
    assert.equal(server.only.headers["x-both"], "call");
    assert.equal(server.only.headers.authorization, undefined);
  });

  it("prevents an ID from reaching another route", async () => {
    server.script({ json: { ...DETAILED_JOB, id: "../models/x?y#z" } });
    await client.jobs.get("../models/x?y#z");
    assert.equal(server.only.path, `${JOBS}/..%2Fmodels%2Fx%3Fy%23z`);
    for (const id of ["", ".", ".."]) {
      for (const call of [() => client.jobs.get(id), () => client.files.delete(id), () => client.models.delete(id)]) {
        await assert.rejects(async () => call(), { code: "ERR_MISTRAL_INVALID_ARGUMENT" });
      }
    }
    assert.equal(server.received.length, 1);
  });

  it("sees no features on a server that does not have the endpoint, however it says so", async () => {
    for (const [status, reply] of [
      [404, { json: { detail: "Not Found" } }],
      [404, { json: { message: "no Route matched with those values" } }],
      [404, { text: "404 page not found" }],
      [405, { json: { message: "Method Not Allowed" } }],
      [501, { text: "" }],
    ] as const) {
      server.script({ status, ...reply });
      assert.deepEqual(await client.capabilities(), { simulated: false, features: NO_FEATURES });
    }
    server.script({ status: 401, json: { message: "Unauthorized" } });
    await assert.rejects(client.capabilities(), { status: 401 });
    server.script({ json: { features: { holds: true, flying: true } } });
    assert.equal((await client.capabilities()).features.metrics, false);
    server.script({ json: { features: { holds: true }, dashboard_url: 7 } });
    const { dashboard_url, features } = await client.capabilities();
    assert.deepEqual([dashboard_url, features.holds], [undefined, true]);
  });

  it("recognises a job that has ended", () => {
    const done = ["SUCCESS", "FAILED", "FAILED_VALIDATION", "CANCELLED"];
    const going = ["QUEUED", "STARTED", "VALIDATING", "VALIDATED", "RUNNING", "CANCELLATION_REQUESTED", "HIBERNATING"];
    assert.deepEqual(
      [...done, ...going].filter((status) => client.jobs.isComplete({ status })),
      done,
    );
  });

  describe("pagination", () => {
    const job = (id: number) => ({ id: String(id), model: "m", status: "SUCCESS" });
    const page = (from: number, count: number, total?: number): Answer => ({
      json: {
        data: Array.from({ length: count }, (_, index) => job(from + index)),
        ...(total === undefined ? {} : { total }),
      },
    });
    const ids = async (jobs: AsyncIterable<{ id: string }>) => {
      const all: string[] = [];
      for await (const { id } of jobs) {
        all.push(id);
      }
      return all.join(",");
    };

    it("requests full pages until the total is reached", async () => {
      server.script(page(0, 2, 3), page(2, 1, 3), page(9, 9));
      assert.equal(await ids(client.jobs.listAll({ suffix: "s" })), "0,1,2");
      assert.deepEqual(
        server.received.map(({ query }) => query),
        [0, 1].map((number) => ({ suffix: "s", page_size: "100", page: String(number) })),
      );
    });

    it("stops after an empty page, but not after a short page", async () => {
      server.script(page(0, 3), page(3, 1), page(0, 0));
      assert.equal(await ids(client.jobs.listAll()), "0,1,2,3");
      assert.equal(server.received.length, 3);
    });

    it("stops immediately when there are no jobs", async () => {
      server.script(page(0, 0, 0));
      assert.equal(await ids(client.jobs.listAll()), "");
      assert.equal(server.received.length, 1);
    });

    it("yields a job only once when it moves to the next page, and stops on a server without pages", async () => {
      server.script(page(0, 3), page(2, 2), page(2, 2));
      assert.equal(await ids(client.jobs.listAll()), "0,1,2,3");
      assert.equal(server.received.length, 3);
    });

    it("requests no page before it is needed", async () => {
      server.script(page(0, 2));
      for await (const _job of client.jobs.listAll()) {
        break;
      }
      assert.equal(server.received.length, 1);
    });

    it("lists up to `limit` jobs after a known job, across pages", async () => {
      server.script(page(0, 2, 6), page(2, 2, 6), page(4, 2, 6));
      const list = await client.jobs.list({ limit: 2, after: "1", page_size: 2, status: "SUCCESS" });
      assert.equal(list.data.map(({ id }) => id).join(), "2,3");
      assert.deepEqual(
        server.received.map(({ query }) => query),
        [0, 1].map((number) => ({ status: "SUCCESS", page_size: "2", page: String(number) })),
      );
    });

    it("lists the first `limit` jobs with after: null", async () => {
      server.script(page(0, 100, 200));
      assert.equal((await client.jobs.list({ limit: 20, after: null })).data.length, 20);
      assert.equal(server.received.length, 1);
      assert.deepEqual((await client.jobs.list({ limit: 0 })).data, []);
    });

    it("rejects invalid limits, and a job that is not in the list", async () => {
      server.script(page(0, 2, 2));
      await assert.rejects(client.jobs.list({ after: "9" }), /There is no job 9 in this list/);
      await assert.rejects(client.jobs.list({ limit: -1 }), /limit must be a whole number/);
      await assert.rejects(client.jobs.list({ limit: 1, page: 0 }), /either page, or limit/);
      await assert.rejects(
        async () => client.jobs.list({ created_after: new Date("x") }),
        /created_after is not a valid/,
      );
    });

    it("paginates files", async () => {
      server.script({ json: { data: [FILE], total: 1 } });
      assert.equal(await ids(client.files.listAll({ search: "x" })), FILE_ID);
      assert.deepEqual(server.only.query, { search: "x", page_size: "100", page: "0" });
    });
  });
});
