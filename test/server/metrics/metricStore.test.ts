import assert from "node:assert/strict";
import { join } from "node:path";
import fc from "fast-check";
import type { JobSpec } from "../../../server/src/domain/jobSpec";
import { MAX_POINTS, type MetricPoint, MetricType } from "../../../server/src/domain/metricPoint";
import { type Database, openDatabase } from "../../../server/src/store/database";
import { JobStore } from "../../../server/src/store/jobs";
import { MetricStore } from "../../../server/src/store/metrics/metricStore";
import { append, NEW_SERIES, type Series } from "../../../server/src/store/metrics/series";
import { commitNow } from "../../../server/src/store/transaction";
import { folder, removeFolders } from "../support";

const SPEC = { model: "m", training_files: [], validation_files: [], integrations: [], classifier_targets: [] };

const point = (id: number, step: number, type: MetricPoint["type"] = "step"): MetricPoint => ({
  id,
  type,
  step,
  metrics: type === "resumed" ? {} : { train_loss: 1 / (step + 1) },
  createdAt: id,
});

describe("the metric store", () => {
  let database: Database;
  let metrics: MetricStore;
  let id: string;

  before(() => {
    database = openDatabase(join(folder(), "server.db"));
    metrics = new MetricStore(database);
  });

  after(() => {
    database.close();
    removeFolders();
  });

  beforeEach(() => {
    id = new JobStore(database).create(SPEC as unknown as JobSpec, "process", { workspace: "w", owner: "o" }).id;
    commitNow(database);
  });

  const all = (types: MetricPoint["type"][] = ["step"]) => metrics.list(id, { types, after: 0, limit: 1e6 });
  const changes = () => (database.prepare("SELECT total_changes() AS n").get() as { n: number }).n;

  it("keeps at most 5,000 points of 100,000 steps: the first, the newest, and evenly spaced ones", () => {
    const before = changes();
    let reads = 0;
    for (let step = 1; step <= 100_000; reads++) {
      // A poll reads what 200 steps per second have written in about 0.2 s.
      const batch = Array.from({ length: Math.min(40, 100_001 - step) }, () => point(step + 1, step++));
      metrics.add(id, batch);
      if (reads % 100 === 0) commitNow(database);
      if (reads % 250 === 0) assert.ok(all().length <= MAX_POINTS);
    }
    commitNow(database);
    const steps = all().map(({ step }) => step);
    assert.ok(steps.length <= MAX_POINTS && steps.length >= MAX_POINTS / 2, `${steps.length} points`);
    assert.deepEqual([steps[0], steps.at(-1)], [1, 100_000]);
    const gaps = steps.slice(1, -1).map((step, index) => step - (steps[index] as number));
    assert.ok(Math.max(...gaps) <= 64, `a gap of ${Math.max(...gaps)} steps`);
    // Thinning deletes fewer rows than are written. Without batches, every step would write and delete several rows.
    const writes = changes() - before;
    assert.ok(writes < 50_000, `${writes} rows were written`);
  });

  it("replaces the points of steps that are trained again", () => {
    metrics.add(id, [point(2, 1), point(3, 2), point(4, 2, "evaluation"), point(5, 3)]);
    metrics.add(id, [point(6, 1, "resumed"), point(7, 2)]);
    assert.deepEqual(
      all(["step", "evaluation", "resumed"]).map((each) => [each.id, each.type, each.step]),
      [
        [2, "step", 1],
        [6, "resumed", 1],
        [7, "step", 2],
      ],
    );
    metrics.add(id, [point(6, 1, "resumed"), point(7, 2), point(8, 3)]);
    assert.deepEqual(
      all().map((each) => each.id),
      [2, 7, 8],
    );
  });

  it("keeps the figures of the base model that a resumed training reports again", () => {
    metrics.add(id, [point(1, 0, "evaluation"), point(2, 5, "evaluation")]);
    metrics.add(id, [point(3, 5, "resumed"), point(4, 0, "evaluation"), point(5, 9, "evaluation")]);
    assert.deepEqual(
      all(["evaluation"]).map((each) => [each.id, each.step]),
      [
        [1, 0],
        [2, 5],
        [5, 9],
      ],
    );
    assert.equal(metrics.lastId(id), 5);
  });

  it("keeps the figures of a checkpoint that the evaluation of the result does not repeat", () => {
    const [checkpoint, result] = [point(1, 5, "evaluation"), point(3, 5, "evaluation")];
    metrics.add(id, [{ ...checkpoint, metrics: { valid_loss: 2, valid_mean_token_accuracy: 0.5 } }]);
    metrics.add(id, [{ ...result, metrics: { valid_loss: 1, valid_accuracy: 0.25 } }]);
    assert.deepEqual(
      all(["evaluation"]).map((each) => [each.id, each.metrics]),
      [[3, { valid_loss: 1, valid_mean_token_accuracy: 0.5, valid_accuracy: 0.25 }]],
    );
  });

  it("stores evenly spaced points of a training that has reported too many at once", () => {
    const batch = Array.from({ length: 3000 }, (_, index) => ({ ...point(index * 32 + 2, index * 32 + 1), every: 32 }));
    metrics.add(id, batch);
    const last = 3000 * 32;
    for (let step = last; step < last + 960; step += 10)
      metrics.add(
        id,
        Array.from({ length: 10 }, (_, index) => point(step + index + 2, step + index + 1)),
      );
    const steps = all().map(({ step }) => step);
    assert.equal(steps.length, 3000 + 30);
  });

  it("limits the points of a program that resumes without end", () => {
    for (let line = 2; line < 1000; line += 2)
      metrics.add(id, [point(line, line), point(line + 1, line - 1, "resumed")]);
    assert.ok(all([...MetricType, "resumed"]).length <= 101);
  });

  it("stores the same points, in however many batches they arrive", () => {
    const batches = fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(batches, fc.constantFrom(1, 2, 4, 8), (sizes, stride) => {
        let series: Series = { ...NEW_SERIES, stride };
        const stored = new Set<number>();
        let line = 0;
        for (const size of sizes) {
          const appended = append(
            series,
            Array.from({ length: size }, () => point(++line, line)),
          );
          series = appended.series;
          stored.delete(appended.removed ?? -1);
          for (const row of appended.rows) stored.add(row.id);
        }
        const expected = Array.from({ length: line }, (_, index) => index + 1).filter(
          (each) => each % stride === 0 || each === line,
        );
        assert.deepEqual([...stored], expected);
      }),
      { numRuns: 100 },
    );
  });
});
