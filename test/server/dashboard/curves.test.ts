import assert from "node:assert/strict";
import { join } from "node:path";
import type { JobSpec } from "../../../server/src/domain/jobSpec";
import { MAX_POINTS, type MetricPoint } from "../../../server/src/domain/metricPoint";
import { CurveStore } from "../../../server/src/store/dashboard/curves";
import { type Database, openDatabase } from "../../../server/src/store/database";
import { JobStore } from "../../../server/src/store/jobs";
import { MetricStore } from "../../../server/src/store/metrics/metricStore";
import { folder, removeFolders } from "../support";

const SPEC = { model: "m", training_files: [], validation_files: [], integrations: [], classifier_targets: [] };

describe("the curves of the page", () => {
  let database: Database;
  let jobs: JobStore;
  let metrics: MetricStore;
  let curves: CurveStore;

  before(() => {
    database = openDatabase(join(folder(), "server.db"));
    jobs = new JobStore(database);
    metrics = new MetricStore(database);
    curves = new CurveStore(database);
  });

  after(() => {
    database.close();
    removeFolders();
  });

  const create = () => jobs.create(SPEC as unknown as JobSpec, "process", { workspace: "w", owner: "o" }).id;
  /** The loss of a step is the step. */
  const add = (
    id: string,
    steps: number[],
    figures = (step: number): MetricPoint["metrics"] => ({ train_loss: step }),
  ) =>
    metrics.add(
      id,
      steps.map((step) => ({ id: step, type: "step", step, metrics: figures(step), createdAt: 1000 * step })),
    );
  const range = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, index) => first + index);

  it("have a sparkline of at most 40 evenly distributed losses, with the first and the newest", () => {
    const id = create();
    assert.deepEqual(curves.summary(id), { sparkline: [] });
    add(id, [1]);
    assert.deepEqual(curves.summary(id).sparkline, [1]);
    add(id, range(2, 30));
    assert.deepEqual(curves.summary(id).sparkline, range(1, 30));
    add(id, range(31, MAX_POINTS));
    const { sparkline } = curves.summary(id);
    assert.deepEqual([sparkline.length, sparkline[0], sparkline.at(-1)], [40, 1, MAX_POINTS]);
    const gaps = sparkline.slice(1).map((step, index) => step - (sparkline[index] as number));
    assert.ok(Math.max(...gaps) - Math.min(...gaps) <= 1, gaps.join());
  });

  it("skip steps without a loss, and read the points of their job only", () => {
    const [id, other] = [create(), create()];
    add(id, [10, 20, 30], (step): MetricPoint["metrics"] =>
      step === 20 ? { learning_rate: 1 } : { train_loss: step },
    );
    add(other, [1, 2, 15, 99]);
    assert.deepEqual(curves.summary(id).sparkline, [10, 30]);
    const { steps, createdAt, metrics } = curves.columns(id, "step");
    assert.deepEqual(
      [steps, createdAt],
      [
        [10, 20, 30],
        [10_000, 20_000, 30_000],
      ],
    );
    assert.deepEqual(metrics, [{ train_loss: 10 }, { learning_rate: 1 }, { train_loss: 30 }]);
    assert.deepEqual(curves.columns(id, "evaluation"), { steps: [], createdAt: [], metrics: [] });
  });

  it("have the validation loss of the latest evaluation, or of the latest checkpoint", () => {
    const id = create();
    const checkpoints = [{ step: 5, metrics: { train_loss: 1, valid_loss: 0.5 }, createdAt: 1 }];
    jobs.record(id, { step: 5, updatedAt: 1 }, { checkpoints });
    assert.equal(curves.summary(id).validLoss, 0.5);
    const evaluation = (pointId: number, step: number, valid_loss: number): MetricPoint => ({
      ...{ id: pointId, type: "evaluation", step, metrics: { valid_loss }, createdAt: 1 },
    });
    metrics.add(id, [evaluation(1, 0, 3), evaluation(2, 10, 0.25)]);
    assert.equal(curves.summary(id).validLoss, 0.25);
  });
});
