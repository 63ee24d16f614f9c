import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { eventually } from "../../../support/eventually";
import { type Api, type Json, samples } from "../../support";
import { TrainingServer } from "../../trainings";

describe("server: the evaluation by a training program", function () {
  this.timeout(60_000);
  const trainings = new TrainingServer({
    measured: { evaluates: true, keep: "last", evaluate: { fails: 1 }, seq_len: 64, seed: 7 },
  });
  let api: Api;
  let job: Json;
  const folderOf = (id: string) => join(trainings.dataDir, "runs", id);

  before(async () => {
    api = await trainings.startPlanner({ evaluate: true });
    const validation_files = [await api.fileId(samples(1), "valid.jsonl")];
    const hyperparameters = { training_steps: 10, fim_ratio: 0.5 };
    const more = { invalid_sample_skip_percentage: 0.25, evaluation: { samples: 2 } };
    job = await api.trained({ model: "measured", validation_files, hyperparameters, ...more });
  });
  after(() => trainings.stop());

  it("is in the job's replies, and job.json has the effective keep of the models file", async () => {
    assert.deepEqual(job.evaluation, {
      base: { step: 0, valid_loss: 2, valid_mean_token_accuracy: 0.25 },
      tuned: { step: 10, valid_loss: 0.5, valid_mean_token_accuracy: 0.75 },
      improvement: { valid_loss: 1.5, valid_mean_token_accuracy: 0.5 },
      kept: "last",
    });
    const { keep, evaluation, base } = JSON.parse(readFileSync(join(folderOf(job.id), "job.json"), "utf8"));
    assert.deepEqual([keep, evaluation, base.keep], ["last", { samples: 2 }, undefined]);
  });

  it("serves the sample answers after the release, and nowhere else", async () => {
    await eventually("the release", () => !existsSync(join(folderOf(job.id), "data")));
    const { data, simulated } = await api.ok("GET", `/v1/fine_tuning/jobs/${job.id}/evaluation/samples`);
    const answer = { prompt: "secret prompt", reference: "r", base: "b", tuned: "t" };
    assert.deepEqual([data, simulated], [[answer, answer], undefined]);
    const others = [await api.getJob(job.id), await api.ok("GET", "/v1/fine_tuning/jobs")];
    assert.doesNotMatch(JSON.stringify(others), /secret prompt/);
  });

  it("runs on demand, again after a failure, and continues after a restart", async () => {
    const request = { model: "measured", job_id: job.id, samples: 1 };
    const ended = (id: string) =>
      eventually("the end of the evaluation", async () => {
        const evaluation = await api.ok("GET", `/v1/fine_tuning/evaluations/${id}`);
        return ["SUCCESS", "FAILED"].includes(evaluation.status) ? evaluation : undefined;
      });
    const { id } = await api.ok("POST", "/v1/fine_tuning/evaluations", request);
    const failed = await ended(id);
    assert.deepEqual([failed.status, failed.reason], ["FAILED", "the model cannot be read"]);
    assert.equal((await api.ok("POST", "/v1/fine_tuning/evaluations", request)).id, id);
    const tuned = await api.ok("POST", "/v1/fine_tuning/evaluations", { ...request, model: job.fine_tuned_model });
    await trainings.kill();
    api = await trainings.startPlanner({ evaluate: true });
    const [base, after] = await Promise.all([ended(id), ended(tuned.id)]);
    assert.deepEqual([base.figures, after.figures], [{ valid_loss: 2 }, { valid_loss: 1 }]);
    const commands = trainings.plannerCommands().filter((each) => each.startsWith("evaluate"));
    assert.deepEqual([...new Set(commands)].sort(), [
      "evaluate adapter rows=64,0.5,7,0.25",
      "evaluate base rows=64,0.5,7,0.25",
    ]);
    assert.deepEqual(base.samples, [{ prompt: samples(1).slice(0, 10), reference: "r", answer: "a" }]);
  });

  it("ends its sample answers with the model", async () => {
    const hasSamples = async () => (await api.ok("GET", `/v1/fine_tuning/dashboard/jobs/${job.id}`)).has_samples;
    // The page of a job does not read them: they may be damaged, or large.
    writeFileSync(join(folderOf(job.id), "evaluation/samples.json"), '{"samples": [');
    assert.equal(await hasSamples(), true);
    await api.ok("DELETE", `/v1/models/${job.fine_tuned_model}`);
    assert.equal(await hasSamples(), false);
    assert.equal((await api.call("GET", `/v1/fine_tuning/jobs/${job.id}/evaluation/samples`)).status, 404);
    assert.ok(!existsSync(join(folderOf(job.id), "evaluation/samples.json")));
  });
});
