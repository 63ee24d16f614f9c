import assert from "node:assert/strict";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { FastifyInstance } from "fastify";
import { Api, type Json, type Reply, SAMPLE, samples, withServer } from "../support";

const KEYS = [
  "owner-key workspace=owner-team",
  "foreign-key workspace=foreign-team",
  "plain-key",
  "named workspace=default",
];

interface Route {
  method: string;
  url: string;
}

/** Collects the routes of every server that starts, from Fastify itself: a new route cannot be forgotten. */
function collectRoutes(): Route[] {
  const routes: Route[] = [];
  const listen = (message: unknown) =>
    (message as { fastify: FastifyInstance }).fastify.addHook("onRoute", ({ method, url, handler, config }) => {
      // The files of the page, which exist only if it is built, are equal for everybody.
      if ((config as { isPage?: boolean } | undefined)?.isPage) return;
      // Routes that answer 405 have an empty handler.
      if (!/^\(\)\s*=>\s*\{\s*\}$/.test(handler.toString())) {
        routes.push(...[method].flat().map((each) => ({ method: each, url })));
      }
    });
  before(() => subscribe("fastify.initialization", listen));
  after(() => unsubscribe("fastify.initialization", listen));
  return routes;
}

/** What a foreign key receives from the routes without an id. `own`: only data of its own workspace. */
const WITHOUT_ID: Record<string, "exempt" | "own" | "totals"> = {
  "GET /healthz": "exempt",
  "GET /readyz": "exempt",
  "GET /metrics": "totals",
  "GET /v1/files": "own",
  "POST /v1/files": "own",
  "GET /v1/fine_tuning/capabilities": "totals",
  // Names a model and a job, which must be of the caller's workspace.
  "POST /v1/fine_tuning/evaluations": "own",
  "GET /v1/fine_tuning/dashboard/jobs": "own",
  "GET /v1/fine_tuning/jobs": "own",
  "POST /v1/fine_tuning/jobs": "own",
  "GET /v1/models": "own",
};

/** The routes of a server with a page. They begin and end the caller's own session, and describe it. */
const SESSION = ["GET /session", "POST /session", "DELETE /session"];

/** The routes whose id is always that of a base model, which all workspaces share. */
const BASE_MODEL_ROUTES = ["POST /v1/fine_tuning/models/:model_id/rows"];

const UNKNOWN = {
  file_id: "00000000-0000-4000-8000-000000000000",
  job_id: "00000000-0000-4000-8000-000000000000",
  model_id: "ft:open-mistral-7b:x:20260101:00000000",
  evaluation_id: "00000000-0000-4000-8000-000000000000",
};

describe("server: workspaces", () => {
  const routes = collectRoutes();
  const api = withServer({ apiKeys: KEYS });
  const [owner, foreign, plain, named] = [
    () => new Api(api.url, "owner-key"),
    () => new Api(api.url, "foreign-key"),
    () => new Api(api.url, "plain-key"),
    () => new Api(api.url, "named"),
  ];
  let ids: typeof UNKNOWN;

  before(async () => {
    const validation_files = [await owner().fileId(samples(1), "valid.jsonl")];
    const job = await owner().trained({ suffix: "secret-suffix", validation_files, evaluation: { samples: 1 } });
    const request = { model: "open-mistral-7b", job_id: job.id };
    const { id: evaluation_id } = await owner().ok("POST", "/v1/fine_tuning/evaluations", request);
    ids = { file_id: job.training_files[0], job_id: job.id, model_id: job.fine_tuned_model, evaluation_id };
  });

  const call = (who: Api, { method, url }: Route, values: typeof UNKNOWN): Promise<Reply> => {
    const path = url.replace(/:(\w+)/g, (_, name) => encodeURIComponent(values[name as keyof typeof UNKNOWN]));
    if (method === "PATCH") return who.call(method, path, { name: "taken over" });
    if (path.endsWith("/rows")) {
      return who.send(path, { method, body: SAMPLE, headers: { "content-type": "application/x-ndjson" } });
    }
    return who.call(method, path);
  };

  // The caller chooses the name of a hold, so the same name is another hold in each workspace: see holds.test.ts.
  const routesWithId = () => routes.filter(({ url }) => url.includes(":") && !url.includes(":holder"));
  const nameOf = ({ method, url }: Route) => `${method} ${url}`;

  it("are decided for every route without an id", () => {
    const names = routes
      .filter(({ url }) => !url.includes(":"))
      .map(nameOf)
      .filter((name) => !SESSION.includes(name));
    assert.deepEqual(new Set(names.filter((name) => !name.startsWith("HEAD"))), new Set(Object.keys(WITHOUT_ID)));
    assert.ok(routesWithId().length >= 18, `found only ${routesWithId().length} routes with an id`);
  });

  it("answer a foreign key on every route with an id as if the object did not exist, and change nothing", async () => {
    const before = await snapshot();
    for (const route of routesWithId()) {
      const [real, unknown] = [await call(foreign(), route, ids), await call(foreign(), route, UNKNOWN)];
      const name = nameOf(route);
      assert.equal(real.status, 404, name);
      assert.deepEqual(withoutIds(real, ids), withoutIds(unknown, UNKNOWN), name);
      assert.equal(real.headers.get("x-workspace"), "foreign-team", name);
    }
    assert.deepEqual(await snapshot(), before);
  });

  it("answer the owner's key on the same routes", async () => {
    const order = (route: Route) => (route.method === "DELETE" && !route.url.endsWith("/archive") ? 1 : 0);
    const withBody = routesWithId().filter(({ method }) => method !== "HEAD");
    for (const route of withBody.toSorted((one, other) => order(one) - order(other))) {
      const name = nameOf(route);
      const { status, body, headers } = await call(owner(), route, ids);
      const isMissing = status === 404 && body.message.startsWith("There is no");
      assert.equal(isMissing, BASE_MODEL_ROUTES.includes(name), `${name}: ${JSON.stringify(body)}`);
      assert.equal(headers.get("x-workspace"), "owner-team", name);
    }
  });

  it("list only their own files, jobs and models, and count only their own", async () => {
    const job = await owner().trained({ suffix: "secret-suffix" });
    await plain().fileId();
    for (const query of [
      "",
      "?suffix=secret-suffix",
      "?status=SUCCESS",
      "?model=open-mistral-7b",
      "?created_by_me=true",
    ]) {
      const { data, total } = await foreign().ok("GET", `/v1/fine_tuning/jobs${query}`);
      assert.deepEqual([data, total], [[], 0], query);
    }
    const files = await foreign().ok("GET", "/v1/files");
    assert.deepEqual([files.data, files.total], [[], 0]);
    const models = (await foreign().ok("GET", "/v1/models")).data;
    assert.ok(models.length > 0 && models.every(({ type }: Json) => type === "base"));
    const own = (await owner().ok("GET", "/v1/fine_tuning/jobs?suffix=secret-suffix")).data;
    assert.ok(own.some(({ id }: Json) => id === job.id));
    assert.equal((await owner().ok("GET", `/v1/models/${job.fine_tuned_model}`)).workspace_id, "owner-team");
    const metrics = (await foreign().call("GET", "/metrics")).body;
    assert.doesNotMatch(metrics, /owner-team|secret-suffix/);
  });

  it("reject a job with a file of another workspace exactly like one with an unknown file", async () => {
    const file = await owner().fileId();
    const create = (id: string, query = "") =>
      foreign().call("POST", `/v1/fine_tuning/jobs${query}`, { model: "open-mistral-7b", training_files: [id] });
    for (const query of ["", "?dry_run=true"]) {
      const [real, unknown] = [await create(file, query), await create(UNKNOWN.file_id, query)];
      assert.equal(real.status, 422);
      assert.deepEqual(real.body, unknown.body);
      assert.equal(real.body.detail[0].type, "file_not_found");
    }
    const own = await foreign().fileId();
    const { status } = await foreign().call("POST", "/v1/fine_tuning/jobs", {
      model: "open-mistral-7b",
      training_files: [own],
      validation_files: [file],
    });
    assert.equal(status, 422);
  });

  it("do not interfere when suffixes and file names are the same", async () => {
    const [one, other] = await Promise.all([owner(), foreign()].map((who) => who.trained({ suffix: "same" })));
    assert.notEqual(one.fine_tuned_model, other.fine_tuned_model);
    const listed = (await foreign().ok("GET", "/v1/fine_tuning/jobs?suffix=same")).data;
    assert.deepEqual(
      listed.map(({ id }: Json) => id),
      [other.id],
    );
  });

  it("are `default` for keys without one, which share their objects with the keys that name it", async () => {
    const id = await plain().fileId(samples(2), "shared.jsonl");
    const reply = await named().call("GET", `/v1/files/${id}`);
    assert.deepEqual([reply.status, reply.headers.get("x-workspace")], [200, "default"]);
    assert.equal((await owner().call("GET", `/v1/files/${id}`)).status, 404);
  });

  it("are named in the replies to unknown routes, wrong methods and invalid requests, but never without a key", async () => {
    for (const [method, path, status] of [
      ["GET", "/v1/nowhere", 404],
      ["PUT", "/v1/files", 405],
      ["GET", "/v1/files?page=x", 422],
      ["GET", "/v1/files/%E0%A4%A", 400],
    ] as const) {
      const reply = await foreign().call(method, path);
      assert.deepEqual([reply.status, reply.headers.get("x-workspace")], [status, "foreign-team"], path);
      assert.equal((await new Api(api.url).call(method, path)).headers.get("x-workspace"), null, path);
    }
  });

  it("serve a signed URL to everybody who has it", async () => {
    const id = await owner().fileId("signed\n", "signed.jsonl");
    const { url } = await owner().ok("GET", `/v1/files/${id}/url`);
    const reply = await new Api(api.url).send(url.slice(api.url.length), {});
    assert.deepEqual([reply.status, reply.body, reply.headers.get("x-workspace")], [200, "signed\n", null]);
  });

  async function snapshot(): Promise<Json> {
    const { job_id, file_id, model_id } = ids;
    const paths = [`/v1/fine_tuning/jobs/${job_id}`, `/v1/files/${file_id}`, `/v1/models/${model_id}`];
    return Promise.all(paths.map((path) => owner().ok("GET", path)));
  }
});

describe("server: workspaces without keys", () => {
  const api = withServer();

  it("are `default`", async () => {
    for (const path of ["/v1/models", "/v1/files/x", "/nowhere"]) {
      assert.equal((await api.call("GET", path)).headers.get("x-workspace"), "default", path);
    }
  });
});

function withoutIds({ status, body }: Reply, ids: typeof UNKNOWN): Json {
  const text = Object.values(ids).reduce((all, id) => all.replaceAll(id, "ID"), JSON.stringify(body));
  return { status, body: text };
}
