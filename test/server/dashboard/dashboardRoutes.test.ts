import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { join } from "node:path";
import type {
  DashboardCurves,
  DashboardJob,
  DashboardJobDetail,
  DashboardJobList,
} from "../../../common/src/dashboard";
import { DashboardStore } from "../../../server/src/store/dashboard/dashboardStore";
import { pageFolder } from "../pageFolder";
import { Api, type Json, samples, withServer } from "../support";

const KEYS = ["one", "two name=Berta", "foreign workspace=elsewhere name=secret-name"];
const contentHash = (content: string | Buffer) => createHash("sha256").update(content).digest("hex");
const hashOf = (key: string) => createHash("sha256").update(key).digest("hex");
const PATH = "/v1/fine_tuning/dashboard/jobs";

describe("server: the page's jobs", () => {
  const api = withServer({ apiKeys: KEYS });
  const second = () => new Api(api.url, "two");
  const foreign = () => new Api(api.url, "foreign");
  const list = (query = "", who: Api = api): Promise<DashboardJobList> => who.ok("GET", `${PATH}${query}`);
  const idsOf = ({ data }: DashboardJobList) => data.map(({ id }) => id);
  let trained: Json;
  let diverged: Json;
  let waiting: Json;
  let secret: Json;

  before(async () => {
    const training_files = [await api.fileId()];
    const validation_files = [await api.fileId(samples(2), "valid.jsonl")];
    trained = await api.trained({
      ...{ validation_files, suffix: "100%_Done", evaluation: { samples: 2 } },
      hyperparameters: { training_steps: 100 },
      training_files: [{ file_id: training_files[0], weight: 2 }],
    });
    const failing = { model: "open-mistral-nemo", hyperparameters: { training_steps: 10, learning_rate: 0.5 } };
    diverged = await second().job({ training_files, ...failing });
    await api.until(diverged.id, "FAILED");
    waiting = await api.job({ training_files, suffix: "waiting", auto_start: false });
    await api.until(waiting.id, "VALIDATED");
    secret = await foreign().job({ model: "secret-model", suffix: "secret", auto_start: false });
    await foreign().until(secret.id, "VALIDATED");
  });

  it("are listed newest first, with what a row shows", async () => {
    const reply = await list();
    assert.deepEqual(idsOf(reply), [waiting.id, diverged.id, trained.id]);
    assert.deepEqual([reply.object, reply.total], ["list", 3]);
    assert.deepEqual(reply.counts, { VALIDATED: 1, FAILED: 1, SUCCESS: 1 });
    assert.deepEqual(reply.models, ["open-mistral-7b", "open-mistral-nemo"]);
    const [before, failed, done] = reply.data as [DashboardJob, DashboardJob, DashboardJob];
    const { metadata, checkpoints, created_at } = await api.getJob(trained.id);
    const { sparkline, ended_at, started_at, ...row } = done;
    assert.deepEqual(row, {
      ...{ id: trained.id, status: "SUCCESS", job_type: "completion", model: "open-mistral-7b" },
      ...{ suffix: "100%_Done", fine_tuned_model: trained.fine_tuned_model, created_at },
      ...{ owner: hashOf("one").slice(0, 8), mine: true, simulated: true },
      ...{ current_step: 100, total_steps: 100, progress_percentage: 100 },
      ...{ cost: metadata.cost, cost_currency: metadata.cost_currency },
      ...{ train_loss: metadata.train_loss, valid_loss: checkpoints[0].metrics.valid_loss },
    });
    assert.ok((ended_at as number) >= (started_at as number) && (started_at as number) >= created_at);
    assert.equal(sparkline.length, 40);
    assert.equal(sparkline.at(-1), Number(metadata.train_loss.toPrecision(4)));
    assert.ok(sparkline.every((loss, index) => index === 0 || loss <= (sparkline[index - 1] as number)));
    assert.match(failed.reason as string, /^The training diverged/);
    assert.deepEqual([failed.mine, failed.owner], [false, "Berta"]);
    assert.deepEqual([before.sparkline, before.started_at, before.reason], [[], undefined, undefined]);
  });

  it("are filtered and paged, and the counts ignore the filter's statuses", async () => {
    for (const [query, expected] of [
      ["?status=FAILED", [diverged.id]],
      ["?status=FAILED&status=SUCCESS&status=FAILED", [diverged.id, trained.id]],
      ["?status=RUNNING", []],
      ["?model=open-mistral-7b", [waiting.id, trained.id]],
      ["?mine=true", [waiting.id, trained.id]],
      ["?mine=true&status=VALIDATED&model=open-mistral-7b&search=wait", [waiting.id]],
      ["?search=&model=", [waiting.id, diverged.id, trained.id]],
    ] as const) {
      const reply = await list(query);
      assert.deepEqual([idsOf(reply), reply.total], [expected, expected.length], query);
    }
    assert.deepEqual((await list("?status=FAILED")).counts, { VALIDATED: 1, FAILED: 1, SUCCESS: 1 });
    assert.deepEqual((await list("?mine=true&status=FAILED")).counts, { VALIDATED: 1, SUCCESS: 1 });
    const pages = await Promise.all([0, 1, 2, 3].map((page) => list(`?page_size=1&page=${page}`)));
    assert.deepEqual(pages.map(idsOf), [[waiting.id], [diverged.id], [trained.id], []]);
    assert.ok(pages.every(({ total }) => total === 3));
  });

  it("are searched by each text of a row, without wildcards", async () => {
    const found = async (search: string) => idsOf(await list(`?search=${encodeURIComponent(search)}`));
    for (const text of ["done", "100%_", trained.id.slice(0, 13).toUpperCase(), trained.fine_tuned_model]) {
      assert.deepEqual(await found(text), [trained.id], text);
    }
    assert.deepEqual(await found(" NEMO "), [diverged.id]);
    assert.deepEqual(await found("bert"), [diverged.id]);
    assert.deepEqual(await found(hashOf("one").slice(1, 8)), [waiting.id, trained.id]);
    for (const text of ["%", "_", "'", '"', "\\", "*", "?", "%' OR 1=1 --", "[a-z]", "x".repeat(512), "🦊"]) {
      const expected = text === "%" || text === "_" ? [trained.id] : [];
      assert.deepEqual(await found(text), expected, text);
    }
    for (const text of ["x".repeat(513), "a\0b"]) {
      assert.equal((await api.call("GET", `${PATH}?search=${encodeURIComponent(text)}`)).status, 422);
    }
  });

  it("refuse invalid queries", async () => {
    for (const query of [
      "page=-1",
      "page_size=0",
      "page_size=101",
      "status=LOST",
      "mine=x",
      "sort=id",
      "search=a&search=b",
    ]) {
      assert.equal((await api.call("GET", `${PATH}?${query}`)).status, 422, query);
    }
    assert.equal((await new Api(api.url).call("GET", PATH)).status, 401);
  });

  it("are those of the caller's workspace only", async () => {
    for (const query of ["", "?search=secret", "?search=elsewhere", "?model=secret-model", "?status=VALIDATED"]) {
      const reply = await api.call("GET", `${PATH}${query}`);
      assert.doesNotMatch(JSON.stringify(reply.body), /secret/, query);
      assert.ok(!idsOf(reply.body).includes(secret.id));
    }
    const own = await list("", foreign());
    assert.deepEqual(
      [idsOf(own), own.total, own.counts, own.models],
      [[secret.id], 1, { VALIDATED: 1 }, ["secret-model"]],
    );
    const { total, counts } = await list(`?search=${hashOf("one").slice(0, 8)}`, foreign());
    assert.deepEqual([total, counts], [0, {}]);
    for (const path of [`${PATH}/${secret.id}`, `${PATH}/${secret.id}/curves`]) {
      assert.equal((await api.call("GET", path)).status, 404);
      assert.equal((await foreign().call("GET", path)).status, 200);
    }
  });

  it("contain no key and no hash of a key", async () => {
    const paths = [PATH, `${PATH}/${trained.id}`, `${PATH}/${trained.id}/curves`];
    const text = JSON.stringify(await Promise.all(paths.map((path) => api.ok("GET", path))));
    for (const key of KEYS) {
      assert.ok(!text.includes(hashOf(key.split(" ")[0] as string)));
    }
  });

  it("have a detail page with files, actions, holds and samples", async () => {
    const detail = (id: string): Promise<DashboardJobDetail> => api.ok("GET", `${PATH}/${id}`);
    const model = trained.fine_tuned_model;
    await api.ok("PUT", "/v1/fine_tuning/holds/holder", { models: [model], description: "production" });
    const done = await detail(trained.id);
    assert.deepEqual(done.files, [
      {
        ...{ id: trained.training_files[0], role: "training", filename: "train.jsonl" },
        bytes: samples(3).length,
        num_lines: 3,
        sha256: contentHash(samples(3)),
        weight: 2,
      },
      {
        ...{ id: trained.validation_files[0], role: "validation", filename: "valid.jsonl" },
        bytes: samples(2).length,
        num_lines: 2,
        sha256: contentHash(samples(2)),
      },
    ]);
    assert.deepEqual(
      [done.can_start, done.can_cancel, done.held_by, done.model_archived, done.has_samples],
      [false, false, ["production (hold holder)"], false, true],
    );
    // A simulated model has no files.
    assert.equal(done.artifact_path, undefined);
    const row = (await list()).data.find(({ id }) => id === trained.id);
    assert.deepEqual({ ...done, ...row }, done);

    await api.ok("DELETE", "/v1/fine_tuning/holds/holder");
    await api.ok("DELETE", `/v1/files/${trained.validation_files[0]}`);
    await api.ok("POST", `/v1/fine_tuning/models/${encodeURIComponent(model)}/archive`);
    const later = await detail(trained.id);
    assert.deepEqual(later.files[1], { id: trained.validation_files[0], role: "validation" });
    assert.deepEqual([later.held_by, later.model_archived, later.has_samples], [[], true, false]);
    await api.ok("DELETE", `/v1/models/${encodeURIComponent(model)}`);
    assert.equal((await detail(trained.id)).model_archived, undefined);
    const before = await detail(waiting.id);
    assert.deepEqual([before.can_start, before.can_cancel, before.files[0]?.weight], [true, true, undefined]);
  });

  it("have curves with the points of the metrics route, which the stream continues", async () => {
    const curves: DashboardCurves = await api.ok("GET", `${PATH}/${trained.id}/curves`);
    const { data } = await api.ok("GET", `/v1/fine_tuning/jobs/${trained.id}/metrics`);
    for (const type of ["step", "evaluation"] as const) {
      const { step, created_at, metrics } = curves[type];
      const points = step.map((each, index) => ({
        ...{ type, step: each, created_at: created_at[index] },
        metrics: Object.fromEntries(Object.entries(metrics).map(([name, values]) => [name, values[index]])),
      }));
      assert.deepEqual(
        points,
        data.filter((point: Json) => point.type === type).map(({ id: _, ...point }: Json) => point),
      );
    }
    assert.deepEqual([curves.job_id, curves.status, curves.simulated], [trained.id, "SUCCESS", true]);
    assert.equal(curves.last_id, data.at(-1).id);
    const empty: DashboardCurves = await api.ok("GET", `${PATH}/${waiting.id}/curves`);
    const none = { step: [], created_at: [], metrics: {} };
    assert.deepEqual([empty.last_id, empty.step, empty.evaluation], [0, none, none]);
  });

  it("are searched once while a page asks again and again, until a status changes or half a minute has passed", async () => {
    const { find } = DashboardStore.prototype;
    const { now } = performance;
    let searches = 0;
    let passed = 0;
    DashboardStore.prototype.find = function (...args) {
      searches += 1;
      return find.apply(this, args);
    };
    performance.now = () => now.call(performance) + passed;
    try {
      for (const seconds of [0, 3, 6, 9, 12, 15, 18, 21, 24, 27]) {
        passed = seconds * 1000;
        assert.equal((await list("?search=again")).total, 0);
      }
      assert.equal(searches, 1);
      passed = 31_000;
      await list("?search=again");
      assert.equal(searches, 2);
      const { id } = await api.job({ auto_start: false, suffix: "again", training_files: waiting.training_files });
      assert.deepEqual(idsOf(await list("?search=again")), [id]);
    } finally {
      DashboardStore.prototype.find = find;
      performance.now = now;
    }
  });

  it("show a change at once, although many pages share what was read", async () => {
    const { id } = await api.job({ auto_start: false, training_files: waiting.training_files });
    await api.until(id, "VALIDATED");
    const statusOf = async (who: Api) => (await list("?search=", who)).data.find((each) => each.id === id)?.status;
    assert.deepEqual(await Promise.all([api, second()].map(statusOf)), ["VALIDATED", "VALIDATED"]);
    await api.ok("POST", `/v1/fine_tuning/jobs/${id}/cancel`);
    assert.deepEqual(await Promise.all([api, second()].map(statusOf)), ["CANCELLED", "CANCELLED"]);
    // What they share is equal for all callers.
    const rowOf = async (who: Api) => (await list("", who)).data.find((each) => each.id === id);
    assert.deepEqual([(await rowOf(api))?.mine, (await rowOf(second()))?.mine], [true, false]);
  });
});

describe("server: the URL of the page", () => {
  const publicUrl = "https://train.example.com/page/";
  const plain = withServer({ pageDir: pageFolder() });
  const behindProxy = withServer({ pageDir: pageFolder(), publicUrl });
  const without = withServer({ pageDir: join(pageFolder(), "assets") });
  const urlOf = async (api: Api) => (await api.ok("GET", "/v1/fine_tuning/capabilities")).dashboard_url;

  it("is one of the capabilities, without a trailing slash, if the server has a page", async () => {
    assert.deepEqual(
      [await urlOf(plain), await urlOf(behindProxy), await urlOf(without)],
      [plain.url, "https://train.example.com/page", undefined],
    );
  });
});
