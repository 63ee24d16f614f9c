import assert from "node:assert/strict";
import { MistralClient } from "../../../provider/src/client";
import { CLASSIFIER_TARGETS, type Json, samples, withServer } from "../support";

describe("server: the evaluation of a job", () => {
  const api = withServer();
  let validation: string;
  let job: Json;

  before(async () => {
    validation = await api.fileId(samples(1), "valid.jsonl");
    job = await api.trained({ validation_files: [validation], evaluation: { samples: 2 } });
  });

  it("is in the job's replies: base, tuned and improvement, marked as made up", async () => {
    const { base, tuned, improvement, kept, simulated, ...rest } = job.evaluation;
    assert.deepEqual([base.step, tuned.step, kept, simulated, rest], [0, 10, "best", true, {}]);
    const last = job.checkpoints[0].metrics;
    assert.equal(tuned.valid_loss, last.valid_loss);
    assert.ok(Math.abs(improvement.valid_loss - (base.valid_loss - tuned.valid_loss)) < 1e-8);
    const gain = tuned.valid_mean_token_accuracy - base.valid_mean_token_accuracy;
    assert.ok(gain > 0 && Math.abs(improvement.valid_mean_token_accuracy - gain) < 1e-8);
    const { data } = await api.ok("GET", "/v1/fine_tuning/jobs");
    assert.deepEqual(data.find((each: Json) => each.id === job.id).evaluation, job.evaluation);
    assert.deepEqual(await api.ok("GET", `/v1/fine_tuning/jobs/${job.id}/evaluation`), job.evaluation);
  });

  it("is absent without validation files, and its routes answer 404", async () => {
    const { id, evaluation } = await api.trained({ evaluation: { samples: 2 } });
    assert.equal(evaluation, undefined);
    for (const route of ["evaluation", "evaluation/samples"]) {
      assert.equal((await api.call("GET", `/v1/fine_tuning/jobs/${id}/${route}`)).status, 404);
      assert.equal((await api.call("GET", `/v1/fine_tuning/jobs/unknown/${route}`)).status, 404);
    }
  });

  it("is that of the last checkpoint with keep: last, and of the best one otherwise", async () => {
    // At this rate, the simulated validation loss rises towards the end.
    const hyperparameters = { training_steps: 10, learning_rate: 0.002 };
    const body = { hyperparameters, validation_files: [validation] };
    const [last, best] = await Promise.all([api.trained({ ...body, keep: "last" }), api.trained(body)]);
    assert.deepEqual([last.keep, last.evaluation.kept, last.evaluation.tuned.step], ["last", "last", 10]);
    const losses: Record<number, number> = Object.fromEntries(
      best.checkpoints.map((each: Json) => [each.step_number, each.metrics.valid_loss]),
    );
    const { tuned, kept } = best.evaluation;
    assert.deepEqual([best.keep, kept, tuned.valid_loss], [undefined, "best", Math.min(...Object.values(losses))]);
    assert.ok(tuned.step < 10 && losses[tuned.step] === tuned.valid_loss);
  });

  it("of a classifier has figures for each target, which its confusion matrix confirms", async () => {
    const training = await api.fileId('{"text":"a","labels":{"mood":"good"}}\n');
    const { id, evaluation } = await api.trained({
      training_files: [training],
      validation_files: [training],
      classifier_targets: CLASSIFIER_TARGETS,
    });
    assert.ok(evaluation.tuned.accuracy > evaluation.base.accuracy && evaluation.improvement.f1 > 0);
    assert.deepEqual([evaluation.tuned.targets, evaluation.tuned.majority_accuracy], [undefined, 0.5]);
    const { tuned } = await api.ok("GET", `/v1/fine_tuning/jobs/${id}/evaluation`);
    const [{ name, samples: total, accuracy, confusion }] = tuned.targets;
    const correct = confusion.matrix.reduce((sum: number, row: number[], index: number) => sum + (row[index] ?? 0), 0);
    assert.deepEqual([name, correct / total, confusion.labels], ["mood", accuracy, ["good", "bad"]]);
    assert.equal(
      confusion.matrix.flat().reduce((sum: number, count: number) => sum + count),
      total,
    );
  });

  it("rejects invalid values of keep and of samples", async () => {
    const body = { model: "open-mistral-7b", training_files: [validation] };
    for (const invalid of [{ keep: "first" }, { evaluation: { samples: 21 } }, { evaluation: { answers: 1 } }]) {
      assert.equal((await api.call("POST", "/v1/fine_tuning/jobs", { ...body, ...invalid })).status, 422);
    }
  });

  describe("the sample answers", () => {
    const path = (id: string) => `/v1/fine_tuning/jobs/${id}/evaluation/samples`;

    it("say that they are made up, and are in no other reply", async () => {
      const { data, simulated } = await api.ok("GET", path(job.id));
      assert.deepEqual([data.length, simulated], [2, true]);
      assert.match(JSON.stringify(data[1]), /Made-up prompt 2.*Made-up reference.*Made-up answer/);
      const others = [job, await api.ok("GET", "/v1/fine_tuning/jobs"), await api.ok("GET", "/v1/models")];
      assert.doesNotMatch(JSON.stringify(others), /Made-up/i);
    });

    it("are off by default", async () => {
      const { id } = await api.trained({ validation_files: [validation] });
      assert.equal((await api.call("GET", path(id))).status, 404);
    });

    it("end with the model, and with a validation file", async () => {
      const file = await api.fileId(samples(1), "other.jsonl");
      const body = { validation_files: [file], evaluation: { samples: 1 } };
      const [one, other] = await Promise.all([api.trained(body), api.trained(body)]);
      await api.ok("DELETE", `/v1/models/${one.fine_tuned_model}`);
      assert.equal((await api.call("GET", path(one.id))).status, 404);
      await api.ok("GET", path(other.id));
      await api.ok("DELETE", `/v1/files/${file}`);
      assert.equal((await api.call("GET", path(other.id))).status, 404);
      assert.ok((await api.getJob(other.id)).evaluation.tuned.valid_loss > 0);
    });
  });

  describe("on demand", () => {
    const evaluations = () => new MistralClient({ baseUrl: api.url, apiKey: "any-key" }).evaluations;

    it("measures a base model and a fine-tuned one, each once for the same data", async () => {
      const other = await api.trained({ validation_files: [validation] });
      const [base, tuned] = await Promise.all(
        ["open-mistral-7b", job.fine_tuned_model].map((model) => evaluations().create({ model, job_id: other.id })),
      );
      const done = await Promise.all(
        [base, tuned].map((each) => evaluations().wait(each?.id ?? "", { pollIntervalMs: 10 })),
      );
      assert.deepEqual(
        done.map(({ status, simulated }) => [status, simulated]),
        [
          ["SUCCESS", true],
          ["SUCCESS", true],
        ],
      );
      const [before, after] = done.map(({ figures }) => figures?.valid_loss ?? Number.NaN);
      assert.ok((before as number) > (after as number));
      // Another job with the same data.
      const again = await evaluations().create({ model: job.fine_tuned_model, job_id: job.id });
      assert.deepEqual([again.id, again.status], [tuned?.id, "SUCCESS"]);
    });

    it("forgets the answers with the data", async () => {
      const file = await api.fileId(`${samples(1)}\n`, "asked.jsonl");
      const { id: job_id } = await api.trained({ validation_files: [file] });
      const { id } = await evaluations().create({ model: "open-mistral-7b", job_id, samples: 1 });
      const done: Json = await evaluations().wait(id, { pollIntervalMs: 10 });
      assert.match(done.samples[0].answer, /^Made-up/);
      await api.ok("DELETE", `/v1/files/${file}`);
      const { samples: answers, figures }: Json = await evaluations().get(id);
      assert.deepEqual([answers, figures], [undefined, done.figures]);
    });

    it("gives a result also after the files are deleted, with fewer answers, and measures again for deleted answers", async () => {
      const file = await api.fileId(`${samples(2)}\n`, "one.jsonl");
      const [one, other] = [
        await api.trained({ validation_files: [file] }),
        await api.trained({ validation_files: [await api.fileId(`${samples(2)}\n`, "other.jsonl")] }),
      ];
      const request = { model: "open-mistral-7b", job_id: one.id };
      const { id } = await evaluations().create({ ...request, samples: 2 });
      await evaluations().wait(id, { pollIntervalMs: 10 });
      const fewer: Json = await evaluations().create({ ...request, job_id: other.id, samples: 1 });
      assert.deepEqual([fewer.id, fewer.job_id, fewer.samples.length], [id, other.id, 1]);
      await api.ok("DELETE", `/v1/files/${file}`);
      const later: Json = await evaluations().create(request);
      assert.deepEqual([later.id, later.status, later.samples], [id, "SUCCESS", undefined]);
      const again = await evaluations().create({ ...request, job_id: other.id, samples: 2 });
      assert.deepEqual([again.id, again.job_id], [id, other.id]);
      const done: Json = await evaluations().wait(id, { pollIntervalMs: 10 });
      assert.equal(done.samples.length, 2);
    });

    it("rejects a model whose figures would not be comparable with those of the job", async () => {
      const refused = async (model: string, job_id: string, message: RegExp) => {
        const { status, body } = await api.call("POST", "/v1/fine_tuning/evaluations", { model, job_id });
        assert.equal(status, 422);
        assert.match(JSON.stringify(body), message);
      };
      await refused("mistral-small-latest", job.id, /mistral-small-latest, and that of the job is open-mistral-7b/);
      const training = await api.fileId('{"text":"a","labels":{"mood":"good"}}\n');
      const classifier = (labels: string[]) =>
        api.trained({
          training_files: [training],
          validation_files: [training],
          classifier_targets: [{ name: "mood", labels }],
        });
      const [two, three] = await Promise.all([classifier(["good", "bad"]), classifier(["good", "bad", "so-so"])]);
      await refused(two.fine_tuned_model, three.id, /differ in the names or labels/);
      await refused(two.fine_tuned_model, job.id, /classifier model, and the job is a completion job/);
    });

    it("answers 404 for unknown models and jobs, and 422 without validation data", async () => {
      const status = async (body: Json) => (await api.call("POST", "/v1/fine_tuning/evaluations", body)).status;
      assert.equal(await status({ model: "ft:unknown", job_id: job.id }), 404);
      assert.equal(await status({ model: "open-mistral-7b", job_id: "unknown" }), 404);
      const { id } = await api.job({ auto_start: false });
      assert.equal(await status({ model: "open-mistral-7b", job_id: id }), 422);
      assert.equal(await status({ model: "open-mistral-7b", job_id: job.id, samples: 21 }), 422);
      assert.equal((await api.call("GET", "/v1/fine_tuning/evaluations/unknown")).status, 404);
    });
  });
});
