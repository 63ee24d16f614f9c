import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { Mistral } from "@mistralai/mistralai";
import { Api, withServer } from "../server/support";

const KEYS = ["the-key", "another-key"] as const;

describe("the official TypeScript client: lists of jobs", () => {
  const api = withServer({ apiKeys: [...KEYS] });

  it("filters and paginates the list of jobs", async () => {
    const { jobs } = new Mistral({ serverURL: api.url, apiKey: KEYS[0] }).fineTuning;
    const another = new Api(api.url, KEYS[1]);
    const integrations = [{ project: "listed", name: "by-name", api_key: "w".repeat(40) }];
    const job = await api.job({ model: "listed-model", suffix: "listed", integrations, auto_start: false });
    await api.until(job.id, "VALIDATED");
    // The API's timestamps are whole seconds: jobs of the same second cannot be told apart by the filters.
    await sleep(1000 - (Date.now() % 1000));
    const hyperparameters = { training_steps: 1, learning_rate: 0.5 };
    const other = await another.job({ model: "listed-model", hyperparameters, training_files: job.training_files });
    await another.until(other.id, "FAILED");

    const find = async (filter: Parameters<typeof jobs.list>[0]) => {
      const { data = [], total, object } = await jobs.list({ model: "listed-model", ...filter });
      assert.deepEqual([object, total], ["list", data.length]);
      return data.map(({ id }) => id);
    };
    const { events: _events, checkpoints: _checkpoints, ...summary } = await jobs.get({ jobId: job.id });
    assert.deepEqual((await jobs.list({ model: "listed-model", suffix: "listed" })).data, [summary]);
    const between = new Date(other.created_at * 1000);
    assert.deepEqual(await find({}), [other.id, job.id]);
    assert.deepEqual(await find({ status: "VALIDATED" }), [job.id]);
    assert.deepEqual(await find({ suffix: "listed" }), [job.id]);
    assert.deepEqual(await find({ wandbProject: "listed" }), [job.id]);
    assert.deepEqual(await find({ wandbName: "by-name" }), [job.id]);
    assert.deepEqual(await find({ createdByMe: true }), [job.id]);
    assert.deepEqual(await find({ createdAfter: between }), [other.id]);
    assert.deepEqual(await find({ createdBefore: between }), [job.id]);
    assert.deepEqual(await find({ model: "another" }), []);

    const page = await jobs.list({ model: "listed-model", page: 1, pageSize: 1 });
    assert.deepEqual([page.data?.map(({ id }) => id), page.total], [[job.id], 2]);
    await api.job();
    assert.equal((await jobs.list()).total, 3);
  });
});
