import assert from "node:assert/strict";
import { createJobBody } from "../../../../server/src/domain/jobSpec";
import { MAX_POINTS, type MetricPoint, MetricType } from "../../../../server/src/domain/metricPoint";
import { simulatedPoints } from "../../../../server/src/trainers/simulated/simulatedPoints";

function pointsOf(totalSteps: number, seconds: number, query: { after?: number; limit?: number } = {}): MetricPoint[] {
  const plan = { totalSteps, epochs: 1, samples: 1, skippedSamples: 0, dataTokens: 1, tokensPerStep: 100, speed: 1 };
  const spec = createJobBody.parse({ model: "m", training_files: ["f"], validation_files: ["v"], hyperparameters: {} });
  const job = { id: "an-id", workspace: "w", owner: "o", trainer: "simulated", status: "RUNNING" as const };
  const times = { startedAt: 0, createdAt: 0, modifiedAt: 0 };
  const all = { types: MetricType, after: 0, limit: 1e6, ...query };
  return simulatedPoints({ ...job, spec, plan, ...times }, seconds * 1000, all);
}

describe("server: the metrics of the simulation", () => {
  for (const steps of [1, 7, 4999, 5000, 5001, 123_456]) {
    it(`has at most ${MAX_POINTS} points of ${steps} steps, and the same in pages`, () => {
      const points = pointsOf(steps, 1e7);
      const stepPoints = points.filter(({ type }) => type === "step");
      assert.ok(stepPoints.length <= MAX_POINTS && stepPoints.length >= Math.min(steps, MAX_POINTS / 2));
      assert.deepEqual([stepPoints[0]?.step, stepPoints.at(-1)?.step], [1, steps]);
      const paged: MetricPoint[] = [];
      for (let page = pointsOf(steps, 1e7, { limit: 997 }); page.length > 0; ) {
        paged.push(...page);
        page = pointsOf(steps, 1e7, { limit: 997, after: page.at(-1)?.id as number });
      }
      assert.deepEqual(paged, points);
      assert.ok(points.every(({ id }, index) => index === 0 || id > (points[index - 1] as MetricPoint).id));
    });
  }

  it("only adds points while the training runs", () => {
    const early = pointsOf(100, 60);
    const late = pointsOf(100, 90);
    assert.ok(early.length > 20 && late.length > early.length);
    assert.deepEqual(late.slice(0, early.length), early);
    assert.deepEqual(pointsOf(100, 1), []);
  });
});
