import assert from "node:assert/strict";
import { type Json, withServer } from "../support";

describe("server: list of jobs", () => {
  const api = withServer();
  const ids: string[] = [];
  let between: Date;

  before(async () => {
    const integration = (project: string, name: string) => ({ project, name, api_key: "w".repeat(40) });
    const training_files = [await api.fileId()];
    const add = async (body: Record<string, unknown>) =>
      ids.push((await api.job({ training_files, auto_start: false, ...body })).id);
    await add({ model: "a", suffix: "one" });
    await add({ model: "b", suffix: "two", integrations: [integration("p", "n")] });
    await new Promise((resolve) => setTimeout(resolve, 5));
    between = new Date();
    await new Promise((resolve) => setTimeout(resolve, 5));
    await add({ model: "b", integrations: [integration("x", "y"), integration("p", "other")] });
    for (const id of ids) {
      await api.until(id, "VALIDATED");
    }
    await api.ok("POST", `/v1/fine_tuning/jobs/${ids[2]}/cancel`);
  });

  /** Returns the found jobs as indexes in order of creation. */
  const found = async (query: string): Promise<number[]> => {
    const list = await api.ok("GET", `/v1/fine_tuning/jobs?${query}`);
    const numbers = list.data.map((job: Json) => ids.indexOf(job.id));
    assert.equal(list.total, numbers.length, "the total counts the matching jobs");
    return numbers;
  };

  it("is sorted newest first, has a total, and omits events and checkpoints", async () => {
    const list = await api.ok("GET", "/v1/fine_tuning/jobs");
    assert.equal(list.object, "list");
    assert.equal(list.total, 3);
    assert.deepEqual(
      list.data.map((job: Json) => job.id),
      ids.toReversed(),
    );
    for (const job of list.data) {
      const { events, checkpoints, ...rest } = await api.getJob(job.id);
      assert.ok(events && checkpoints);
      assert.deepEqual(job, rest);
    }
  });

  it("has pages of 20 jobs by default", async () => {
    const page = async (query: string) => (await api.ok("GET", `/v1/fine_tuning/jobs?${query}`)).data.length;
    assert.equal(await page("page=0&page_size=2"), 2);
    assert.equal(await page("page=1&page_size=2"), 1);
    assert.equal(await page("page=2&page_size=2"), 0);
    const training_files = [await api.fileId()];
    await Promise.all(Array.from({ length: 18 }, () => api.job({ model: "many", training_files, auto_start: false })));
    assert.equal(await page(""), 20);
    assert.equal(await page("page_size=100"), 21);
    const all = await Promise.all([0, 1, 2].map((n) => api.ok("GET", `/v1/fine_tuning/jobs?page=${n}&page_size=8`)));
    assert.equal(new Set(all.flatMap((each) => each.data.map((job: Json) => job.id))).size, 21);
  });

  it("filters by model, suffix, status, and Weights & Biases project and run", async () => {
    assert.deepEqual(await found("model=b"), [2, 1]);
    assert.deepEqual(await found("model=c"), []);
    assert.deepEqual(await found("suffix=one"), [0]);
    assert.deepEqual(await found("suffix=on"), []);
    assert.deepEqual(await found("status=CANCELLED"), [2]);
    assert.deepEqual(await found("model=b&status=VALIDATED"), [1]);
    assert.deepEqual(await found("wandb_project=p"), [2, 1]);
    assert.deepEqual(await found("wandb_name=other"), [2]);
    assert.deepEqual(await found("wandb_project=p&wandb_name=n"), [1]);
    assert.deepEqual(await found("wandb_project=%25"), []);
  });

  it("filters by time: includes created_after, excludes created_before", async () => {
    const iso = encodeURIComponent(between.toISOString());
    const offset = encodeURIComponent(between.toISOString().replace("Z", "000+00:00"));
    const local = encodeURIComponent(between.toISOString().replace("Z", ""));
    for (const time of [iso, offset, local]) {
      assert.deepEqual(await found(`model=b&created_after=${time}`), [2], time);
      assert.deepEqual(await found(`created_before=${time}`), [1, 0], time);
    }
    const today = between.toISOString().slice(0, 10);
    assert.deepEqual(await found(`suffix=one&created_after=${today}`), [0]);
    assert.deepEqual(await found("created_before=2020-01-01"), []);
  });

  for (const query of [
    "page=-1",
    "page_size=0",
    "page_size=101",
    "page_size=",
    "status=DONE",
    "status=SUCCESS&status=FAILED",
    "created_after=yesterday",
    "created_before=2026-13-01",
    "created_by_me=me",
    "model=",
    "suffix=%00",
    "limit=3",
    "page[]=1",
  ]) {
    it(`rejects ?${query}`, async () => {
      const { status, body } = await api.call("GET", `/v1/fine_tuning/jobs?${query}`);
      assert.equal(status, 422);
      assert.equal(body.detail[0].loc[0], "query");
      assert.ok(body.detail[0].msg.length > 0);
    });
  }
});
