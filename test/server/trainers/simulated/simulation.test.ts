import assert from "node:assert/strict";
import { createJobBody } from "../../../../server/src/domain/jobSpec";
import type { Plan, StartedJob } from "../../../../server/src/domain/trainer";
import { simulate } from "../../../../server/src/trainers/simulated/simulation";

const START = 1_000_000;

function run(totalSteps: number, over: Partial<StartedJob> = {}, hyperparameters: object = {}, speed = 1): StartedJob {
  const plan: Plan = {
    totalSteps,
    epochs: 1,
    samples: 1,
    skippedSamples: 0,
    dataTokens: 1,
    tokensPerStep: 1,
    expectedDurationSeconds: 1,
    cost: 0,
    costCurrency: "USD",
    speed,
  };
  const spec = createJobBody.parse({ model: "m", training_files: ["f"], hyperparameters });
  return {
    id: "an-id",
    workspace: "default",
    owner: "anonymous",
    spec,
    plan,
    startedAt: START,
    trainingFiles: [],
    validationFiles: [],
    isKnownData: false,
    ...over,
  };
}

const elapsed = (job: StartedJob, seconds: number) => simulate(job, START + seconds * 1000);

describe("server: the simulation", () => {
  it("takes 2 seconds to start, and then 2 seconds per step", () => {
    const job = run(10);
    assert.deepEqual([elapsed(job, 1.9).state, elapsed(job, 1.9).step], ["starting", 0]);
    assert.deepEqual([elapsed(job, 3.9).state, elapsed(job, 3.9).step], ["running", 0]);
    assert.equal(elapsed(job, 4).step, 1);
    assert.equal(elapsed(job, 12).step, 5);
    assert.equal(elapsed(job, 12).remainingSeconds, 10);
    assert.deepEqual([elapsed(job, 21.9).state, elapsed(job, 22).state], ["running", "succeeded"]);
    assert.equal(elapsed(job, 1e9).step, 10);
  });

  it("divides all durations by the speed", () => {
    const job = run(10, {}, {}, 100);
    assert.equal(elapsed(job, 0.12).step, 5);
    assert.equal(elapsed(job, 0.22).state, "succeeded");
  });

  it("depends only on the job and the time, and never goes back", () => {
    const job = run(37);
    let last = 0;
    for (let seconds = 0; seconds < 80; seconds += 0.7) {
      const progress = elapsed(job, seconds);
      assert.deepEqual(progress, simulate(structuredClone(job), START + seconds * 1000));
      assert.ok(progress.step >= last);
      last = progress.step;
    }
    assert.equal(last, 37);
  });

  it("sets the time of a checkpoint to the end of its step", () => {
    assert.deepEqual(
      elapsed(run(3), 100).checkpoints.map(({ step, createdAt }) => [step, createdAt - START]),
      [
        [1, 4000],
        [2, 6000],
        [3, 8000],
      ],
    );
  });

  it("varies the loss by job, and decreases it", () => {
    const losses = ["a", "b"].map((id) =>
      elapsed(run(10, { id }), 100).checkpoints.map((each) => each.metrics.train_loss),
    );
    assert.notDeepEqual(losses[0], losses[1]);
    for (const each of losses) {
      assert.deepEqual(
        each,
        each.toSorted((a, b) => b - a),
      );
    }
  });

  it("diverges at a learning rate of 0.1 or more, after two fifths of the steps", () => {
    assert.equal(elapsed(run(10, {}, { learning_rate: 0.099 }), 100).state, "succeeded");
    const job = run(10, {}, { learning_rate: 0.1 });
    assert.equal(elapsed(job, 9.9).state, "running");
    const failed = elapsed(job, 10);
    assert.deepEqual([failed.state, failed.step], ["failed", 4]);
    assert.match(failed.reason ?? "", /learning rate is too high/);
    assert.deepEqual(
      failed.checkpoints.map((each) => each.step),
      [1, 2, 3],
    );
    assert.equal(elapsed(run(1, {}, { learning_rate: 1 }), 100).state, "failed");
  });

  it("stops at the step of the cancellation, and ends 2 seconds later", () => {
    const job = run(10, { cancelRequestedAt: START + 9000 });
    assert.deepEqual([elapsed(job, 10.9).state, elapsed(job, 10.9).step], ["running", 3]);
    assert.deepEqual([elapsed(job, 11).state, elapsed(job, 11).step], ["cancelled", 3]);
    assert.equal(elapsed(job, 1000).state, "cancelled");
  });
});
