import assert from "node:assert/strict";
import { text } from "node:stream/consumers";
import { type DetailedJob, type Job, MistralClient } from "../../../provider/src/client";
import { eventually } from "../../support/eventually";
import { TestServer } from "../../support/server";

/** Runs the client against the real server instead of scripted replies. */
describe("the client against the server", function () {
  this.timeout(60_000);
  const key = "the-servers-own-key";
  let server: TestServer;
  let client: MistralClient;

  before(async () => {
    server = await TestServer.start({ speed: 5_000, args: ["--api-key", key] });
    client = new MistralClient({ baseUrl: `${server.url}/v1/`, apiKey: key });
  });
  after(() => server?.stopAndRemove());

  const sample = (index: number) =>
    JSON.stringify({
      messages: [
        { role: "user", content: `Question ${index}?` },
        { role: "assistant", content: `Answer ${index}.` },
      ],
    });
  const content = `${Array.from({ length: 50 }, (_, index) => sample(index)).join("\n")}\n`;
  const ids = (jobs: Job[]) => jobs.map(({ id }) => id).sort();

  it("uploads, trains, manages the model, and deletes it", async () => {
    const file = await client.files.upload({ name: 'träin "1".jsonl', content });
    assert.equal(file.bytes, Buffer.byteLength(content));
    assert.equal((await client.files.get(file.id)).id, file.id);
    assert.equal(await text(await client.files.download(file.id)), content);
    const { url } = await client.files.getSignedUrl(file.id, { expiry: 1 });
    assert.ok(URL.canParse(url), url);
    assert.deepEqual(
      (await client.files.list({ search: "träin", purpose: "fine-tune", include_total: true })).data.map(
        ({ id }) => id,
      ),
      [file.id],
    );

    const request = {
      model: "open-mistral-7b",
      training_files: [{ file_id: file.id, weight: 1 }],
      hyperparameters: { training_steps: 10, learning_rate: 0.0001 },
      suffix: "support",
      auto_start: true,
    };
    const estimate = await client.jobs.estimate(request);
    assert.ok((estimate.train_tokens ?? 0) > 0);
    assert.equal((await client.jobs.list()).data.length, 0);

    const job = await client.jobs.create(request);
    const seen = new Set<string>();
    const done = await client.jobs.waitUntilComplete(job.id, {
      pollIntervalMs: 50,
      onUpdate: ({ status }) => void seen.add(status),
    });
    assert.equal(done.status, "SUCCESS", JSON.stringify(done.events));
    assert.ok(done.fine_tuned_model?.startsWith("ft:open-mistral-7b:support:"), done.fine_tuned_model);
    assert.ok((done.checkpoints ?? []).length > 0 && (done.events ?? []).length > 0);
    assert.equal(done.metadata?.simulated, true);
    await assert.rejects(client.jobs.cancel(job.id), { name: "ConflictError" });
    await assert.rejects(client.jobs.start(job.id), { name: "ConflictError" });

    const model = done.fine_tuned_model ?? "";
    assert.ok((await client.models.list()).data.some(({ id }) => id === model));
    const changed = await client.models.update(model, { name: "Support", description: "Answers tickets" });
    assert.deepEqual([changed.name, changed.description], ["Support", "Answers tickets"]);
    assert.equal((await client.models.archive(model)).archived, true);
    assert.equal((await client.models.unarchive(model)).archived, false);
    assert.equal((await client.models.get(model)).job, job.id);
    assert.equal((await client.models.delete(model)).deleted, true);
    await assert.rejects(client.models.get(model), { name: "NotFoundError" });
    assert.equal((await client.files.delete(file.id)).deleted, true);
    await assert.rejects(client.files.get(file.id), { name: "NotFoundError" });
  });

  describe("with jobs in VALIDATED", () => {
    let fileId: string;
    let jobs: Job[];

    const rested = (id: string): Promise<DetailedJob> =>
      eventually(`VALIDATED for job ${id}`, async () => {
        const job = await client.jobs.get(id);
        return job.status === "VALIDATED" || client.jobs.isComplete(job) ? job : undefined;
      });

    before(async () => {
      fileId = (await client.files.upload({ name: "filters.jsonl", content })).id;
      jobs = [];
      for (const suffix of ["one", "two", "three"]) {
        const job = await client.jobs.create({
          model: suffix === "one" ? "mistral-small-latest" : "codestral-latest",
          training_files: [fileId],
          hyperparameters: { training_steps: 5 },
          suffix,
          integrations: [{ type: "wandb", project: `p-${suffix}`, name: `n-${suffix}`, api_key: "k".repeat(40) }],
        });
        jobs.push(job);
        assert.equal((await rested(job.id)).status, "VALIDATED");
      }
    });

    it("filters the list", async () => {
      const [one, two, three] = ids(jobs.slice(0, 1)).concat(jobs.slice(1).map(({ id }) => id));
      assert.ok(one && two && three);
      const found = async (filters: Parameters<typeof client.jobs.list>[0]) =>
        ids((await client.jobs.list(filters)).data);
      assert.deepEqual(await found({ suffix: "two" }), [two]);
      assert.deepEqual(await found({ model: "mistral-small-latest" }), [one]);
      assert.deepEqual(await found({ status: "VALIDATED", created_by_me: true }), ids(jobs));
      assert.deepEqual(await found({ status: "RUNNING" }), []);
      assert.deepEqual(await found({ wandb_project: "p-three" }), [three]);
      assert.deepEqual(await found({ wandb_name: "n-two" }), [two]);
      assert.deepEqual(await found({ status: "VALIDATED", created_before: new Date("2020-01-01") }), []);
      assert.deepEqual(await found({ status: "VALIDATED", created_after: new Date("2020-01-01") }), ids(jobs));
    });

    it("lists jobs by page, and after a given job", async () => {
      const all: Job[] = [];
      for await (const job of client.jobs.listAll({ status: "VALIDATED", page_size: 2 })) {
        all.push(job);
      }
      assert.deepEqual(ids(all), ids(jobs));
      const rest = await client.jobs.list({ status: "VALIDATED", after: all[0]?.id, limit: 1, page_size: 1 });
      assert.deepEqual(
        rest.data.map(({ id }) => id),
        [all[1]?.id],
      );
    });

    it("starts one job and cancels another", async () => {
      const [one, two] = jobs;
      assert.ok(one && two);
      await client.jobs.start(one.id);
      assert.equal((await client.jobs.waitUntilComplete(one.id, { pollIntervalMs: 50 })).status, "SUCCESS");
      await client.jobs.cancel(two.id);
      assert.equal((await client.jobs.waitUntilComplete(two.id, { pollIntervalMs: 50 })).status, "CANCELLED");
    });
  });

  it("maps the server's errors to error classes", async () => {
    await assert.rejects(client.jobs.get("b888f774-3e7c-4135-a18c-6b985523c4bc"), { name: "NotFoundError" });
    await assert.rejects(client.jobs.create({ model: "m", training_files: ["x"], suffix: "s".repeat(19) }), {
      name: "UnprocessableEntityError",
      param: /suffix|training_files/,
    });
    const stranger = new MistralClient({ baseUrl: server.url, apiKey: "another-key" });
    await assert.rejects(stranger.jobs.list(), { name: "AuthenticationError" });
    await assert.rejects(new MistralClient({ baseUrl: server.url }).models.list(), { name: "AuthenticationError" });
  });
});
