import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { onSmallDisk } from "../../process";
import { type Json, samples } from "../../support";
import { assertTrained, gone, withTrainings } from "../../trainings";

describe("server: a training that fails", () => {
  const trainings = withTrainings();

  for (const [behaviour, reason] of [
    ["crash", /exit code 1; its log ends with:.*ValueError: the recipe is broken/s],
    ["no module", /The Python module peft is not installed/],
    ["disk full", /The disk is full/],
    ["fail", /^the loss is not a number; the token was/],
    ["oom", /killed 4 times in a row without a new step, most likely because memory ran out/],
    ["oom under a shell", /killed 4 times in a row/],
    ["no result", /ended without a result/],
    ["no artifact", /said that it succeeded, but there is no artifact/],
  ] as [string, RegExp][]) {
    it(`is told in words: ${behaviour}`, async () => {
      const api = await trainings.start({ m: { behaviour }, other: {} });
      const job = await api.until((await api.job({ model: "m" })).id, "FAILED");
      assert.match(job.events[0].data.reason, reason);
      assert.equal(job.metadata.stop_reason, "failed");
      await gone(await trainings.server.group(job.id));
      await api.trained({ model: "other" });
    });
  }

  it("is a hang", async () => {
    const api = await trainings.start({ m: { behaviour: "hang" } }, "--hang-timeout", "0.3");
    const job = await api.until((await api.job({ model: "m" })).id, "FAILED");
    assert.match(job.events[0].data.reason, /hung 4 times in a row/);
    await gone(await trainings.server.group(job.id));
  });

  it("is none when a later attempt comes further", async () => {
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
    it(`is not a program that writes ${behaviour}`, async () => {
      const api = await trainings.start({ m: { behaviour } });
      const job = await api.trained({ model: "m" });
      const names = job.events.map((event: Json) => event.name);
      assert.ok(names.includes(behaviour === "invalid lines" ? "unreadable-progress" : "halves"), names.join());
    });
  }

  it("is a program that is not there", async () => {
    const api = await trainings.create().start("--recipe", "/nowhere/train");
    const job = await api.until((await api.job()).id, "FAILED");
    assert.match(job.events[0].data.reason, /exit code 127; its log ends with:.*\/nowhere\/train/s);
  });

  it("is a folder that cannot be made", async () => {
    const api = await trainings.start();
    const { id } = await api.job({ auto_start: false });
    await api.until(id, "VALIDATED");
    mkdirSync(trainings.server.path(id), { recursive: true });
    writeFileSync(trainings.server.path(id, "data"), "a file where a folder should be");
    await api.ok("POST", `/v1/fine_tuning/jobs/${id}/start`);
    const job = await api.until(id, "FAILED");
    assert.equal(job.events[0].data.reason, "The job's folder could not be made: EEXIST");
  });

  it("is a disk that is full", async function () {
    trainings.create();
    const runs = join(trainings.server.dataDir, "runs");
    mkdirSync(runs);
    const around = onSmallDisk(runs, "1m") ?? this.skip();
    const api = await trainings.server.startIn(around);
    const job = await api.job({ training_files: [await api.fileId(samples(20_000))] });
    const { events } = await api.until(job.id, "FAILED");
    assert.match(events[0].data.reason, /^The disk that holds the server's data is full/);
    await api.trained();
  });

  it("of validation is a model that the models file does not have", async () => {
    const api = await trainings.start({ m: {} });
    const job = await api.until((await api.job({ model: "mistral-large-latest" })).id, "FAILED_VALIDATION");
    assert.equal(job.events[0].data.reason, "This server has no model mistral-large-latest; it has open-mistral-7b, m");
  });
});
