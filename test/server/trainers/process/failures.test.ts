import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { onSmallDisk } from "../../process";
import { type Json, samples } from "../../support";
import { assertTrained, waitUntilGroupEnded, withTrainings } from "../../trainings";

describe("server: failing trainings", () => {
  const trainings = withTrainings();

  for (const [behaviour, reason] of [
    ["crash", /exit code 1; its log ends with:.*ValueError: the recipe is broken/s],
    ["no module", /The Python module peft is not installed/],
    ["disk full", /The disk is full/],
    ["fail", /^the loss is not a number; the token was/],
    ["oom", /killed 4 times in a row without a new step, most likely because memory ran out/],
    ["oom under a shell", /killed 4 times in a row/],
    ["no result", /exited without writing a result/],
    ["no artifact", /reported success, but the artifact is missing/],
  ] as [string, RegExp][]) {
    it(`explains the failure: ${behaviour}`, async () => {
      const api = await trainings.start({ m: { behaviour }, other: {} });
      const job = await api.until((await api.job({ model: "m" })).id, "FAILED");
      assert.match(job.events[0].data.reason, reason);
      assert.equal(job.metadata.stop_reason, "failed");
      await waitUntilGroupEnded(await trainings.server.group(job.id));
      await api.trained({ model: "other" });
    });
  }

  it("fails a training that hangs in every attempt", async () => {
    const api = await trainings.start({ m: { behaviour: "hang" } }, "--hang-timeout", "0.3");
    const job = await api.until((await api.job({ model: "m" })).id, "FAILED");
    assert.match(job.events[0].data.reason, /hung 4 times in a row/);
    await waitUntilGroupEnded(await trainings.server.group(job.id));
  });

  it("continues when a later attempt makes progress", async () => {
    const api = await trainings.start(
      { oom: { behaviour: "oom", at: 5, attempts: 3 }, hang: { behaviour: "hang", attempts: 1 } },
      "--hang-timeout",
      "1",
    );
    for (const model of ["oom", "hang"]) {
      const job = await api.trained({ model });
      assertTrained(job, 10);
      assert.equal(trainings.server.programs(job.id).length, model === "oom" ? 4 : 2);
    }
  });

  for (const behaviour of ["invalid lines", "half lines"]) {
    it(`accepts a program that writes ${behaviour}`, async () => {
      const api = await trainings.start({ m: { behaviour } });
      const job = await api.trained({ model: "m" });
      const names = job.events.map((event: Json) => event.name);
      assert.ok(names.includes(behaviour === "invalid lines" ? "unreadable-progress" : "halves"), names.join());
    });
  }

  it("fails when the program does not exist", async () => {
    const api = await trainings.create().start("--recipe", "/nowhere/train");
    const job = await api.until((await api.job()).id, "FAILED");
    assert.match(job.events[0].data.reason, /exit code 127; its log ends with:.*\/nowhere\/train/s);
  });

  it("fails when the job's folder cannot be created", async () => {
    const api = await trainings.start();
    const { id } = await api.job({ auto_start: false });
    await api.until(id, "VALIDATED");
    mkdirSync(trainings.server.path(id), { recursive: true });
    writeFileSync(trainings.server.path(id, "data"), "a file where a folder should be");
    await api.ok("POST", `/v1/fine_tuning/jobs/${id}/start`);
    const job = await api.until(id, "FAILED");
    assert.equal(job.events[0].data.reason, "Cannot create the job's folder: EEXIST");
  });

  it("fails when the disk is full", async function () {
    trainings.create();
    const runs = join(trainings.server.dataDir, "runs");
    mkdirSync(runs);
    const wrapper = onSmallDisk(runs, "1m") ?? this.skip();
    const api = await trainings.server.startIn(wrapper);
    const job = await api.job({ training_files: [await api.fileId(samples(20_000))] });
    const { events } = await api.until(job.id, "FAILED");
    assert.match(events[0].data.reason, /^The disk that holds the server's data is full/);
    await api.trained();
  });

  it("fails validation when the models file lacks the model", async () => {
    const api = await trainings.start({ m: {} });
    const job = await api.until((await api.job({ model: "mistral-large-latest" })).id, "FAILED_VALIDATION");
    assert.equal(
      job.events[0].data.reason,
      "This server has no model mistral-large-latest. Available models: open-mistral-7b, m",
    );
  });
});
