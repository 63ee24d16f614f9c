import assert from "node:assert/strict";
import { describeCurve, pickRows, valueAt } from "../../../server/page/src/charts/describeCurve";
import { joinCurves, LiveJoin } from "../../../server/page/src/charts/joinCurves";
import { LiveCurves } from "../../../server/page/src/charts/liveCurves";
import { type Point, PointTable } from "../../../server/page/src/charts/pointTable";
import { SmoothedColumn } from "../../../server/page/src/charts/smoothing";
import { TimeColumn } from "../../../server/page/src/charts/timeColumn";

const series = (step: number[], metrics: Record<string, (number | null)[]> = {}, created_at = step) => ({
  step,
  created_at,
  metrics,
});
const none = series([]);
const point = (step: number, metrics: Point["metrics"], type: Point["type"] = "step"): Point => ({
  type,
  step,
  created_at: 1000 + step,
  metrics,
});

describe("points of a job in columns", () => {
  it("puts training and evaluation of a step into one row, ordered by step", () => {
    const table = new PointTable({
      step: series([1, 2, 3], { train_loss: [3, 2, 1] }),
      evaluation: series([0, 2], { valid_loss: [4, 2.5], train_loss: [9, 9] }),
    });
    assert.deepEqual(table.step, [0, 1, 2, 3]);
    assert.deepEqual(table.column("valid_loss"), [4, null, 2.5, null]);
    // The evaluation's copy of the training loss does not replace the training's own.
    assert.deepEqual(table.column("train_loss"), [9, 3, 2, 1]);
  });

  it("keeps the arrays that charts hold while points arrive, also for figures that appear later", () => {
    const table = new PointTable({ step: series([1], { train_loss: [3] }), evaluation: none });
    const [steps, losses, later] = [table.step, table.column("train_loss"), table.column("valid_loss")];
    assert.equal(table.has("valid_loss"), false);
    table.add(point(2, { train_loss: 2 }));
    table.add(point(2, { valid_loss: 2.2 }, "evaluation"));
    assert.equal(table.has("valid_loss"), true);
    assert.deepEqual(
      [steps, losses, later],
      [
        [1, 2],
        [3, 2],
        [null, 2.2],
      ],
    );
  });

  it("changes nothing when a point arrives again, and sorts late points in", () => {
    const table = new PointTable({ step: series([1, 4], { train_loss: [3, 1] }), evaluation: none });
    table.add(point(4, { train_loss: 1 }));
    table.add(point(2, { train_loss: 2 }));
    assert.deepEqual(table.step, [1, 2, 4]);
    assert.deepEqual(table.column("train_loss"), [3, 2, 1]);
    assert.equal(table.takeChanged(), 1);
    assert.equal(table.takeChanged(), undefined);
  });
});

describe("curves of a running job", () => {
  const curves = { step: series([1, 2, 3], { train_loss: [3, 2, 1] }), evaluation: none, last_id: 6 };

  it("tells charts once per frame which rows have changed", () => {
    const frames: (() => void)[] = [];
    const live = new LiveCurves(curves, (draw) => frames.push(draw));
    const changes: number[] = [];
    live.subscribe((from) => changes.push(from));
    for (const step of [4, 5, 6]) live.add(step * 2, point(step, { train_loss: 1 / step }));
    assert.equal(frames.length, 1);
    frames.pop()?.();
    assert.deepEqual(changes, [3]);
    live.add(14, point(7, { train_loss: 0.1 }));
    assert.equal(frames.length, 1);
  });

  it("ignores points that it has after a reconnection, and removes those after the step where a training resumed", () => {
    const live = new LiveCurves(curves, (draw) => draw());
    const times = live.x("relative");
    live.add(6, point(3, { train_loss: 99 }));
    assert.deepEqual(live.table.column("train_loss"), [3, 2, 1]);
    live.resume(7, 1);
    assert.deepEqual(live.table.step, [1]);
    live.add(8, point(2, { train_loss: 2.5 }));
    assert.deepEqual(live.table.column("train_loss"), [3, 2.5]);
    assert.deepEqual([times.length, live.lastId], [2, 8]);
  });

  it("asks for all points again after many new ones, and keeps the arrays that charts hold", () => {
    const live = new LiveCurves(curves, (draw) => draw());
    const [losses, times] = [live.table.column("train_loss"), live.x("relative")];
    for (let step = 4; !live.isFull; step++) live.add(step * 2, point(step, { train_loss: 1 / step }));
    live.set({ step: series([1, 900], { train_loss: [3, 0.5] }), evaluation: none, last_id: 20_000 });
    assert.deepEqual([live.isFull, live.lastId, losses, times.length], [false, 20_000, [3, 0.5], 2]);
  });
});

describe("smoothing", () => {
  it("has no bias towards the first value, and skips rows without a value", () => {
    const { values } = new SmoothedColumn([4, null, 2], 0.5);
    assert.equal(values[0], 4);
    assert.equal(values[1], null);
    assert.ok(Math.abs((values[2] as number) - (4 * 0.5 + 2) / 1.5) < 1e-12);
  });

  it("gives the same for a column that grows, shrinks and grows as for the whole column", () => {
    const source: (number | null)[] = [5, 4, 4.5, null, 3];
    const smoothed = new SmoothedColumn(source, 0.9);
    source.push(2.5, 2);
    smoothed.update(5);
    source.length = 3;
    smoothed.update(3);
    source.push(1, 0.5);
    smoothed.update(3);
    assert.deepEqual(smoothed.values, new SmoothedColumn(source, 0.9).values);
  });
});

describe("times of points", () => {
  it("spreads the points of a second, in order", () => {
    assert.deepEqual(new TimeColumn([10, 10, 11, 11, 11, 11, 13], 10).values, [0, 0.5, 1, 1.25, 1.5, 1.75, 3]);
  });

  it("gives the same for a growing column as for the whole column", () => {
    const source = [10, 10, 11];
    const times = new TimeColumn(source);
    for (const added of [[11], [11, 12], [14]]) {
      const from = source.length;
      source.push(...added);
      times.update(from);
      assert.deepEqual(times.values, new TimeColumn(source).values);
    }
    source.length = 1;
    times.update(1);
    assert.deepEqual(times.values, [10]);
  });

  it("never goes back with a clock", () => {
    assert.deepEqual(new TimeColumn([10, 12, 11, 13]).values, [10, 12, 12, 13]);
  });
});

describe("curves of several jobs", () => {
  it("share one axis of steps", () => {
    const jobs = [
      { step: series([1, 2], { train_loss: [3, 2] }), evaluation: none },
      { step: series([2, 4], { train_loss: [5, 4] }), evaluation: none },
    ];
    assert.deepEqual(joinCurves(jobs, "train_loss", "steps"), {
      x: [1, 2, 4],
      columns: [
        [3, 2, null],
        [null, 5, 4],
      ],
    });
  });

  it("keep their arrays, and tell charts, when the jobs have new points", () => {
    const join = new LiveJoin("train_loss", "steps", 1);
    const { x, columns } = join;
    const changes: number[] = [];
    join.subscribe((from) => changes.push(from));
    join.set([{ step: series([1], { train_loss: [3] }), evaluation: none }]);
    join.set([{ step: series([1, 2], { train_loss: [3, 2] }), evaluation: none }]);
    join.draw();
    assert.deepEqual([x, columns, changes], [[1, 2], [[3, 2]], [0]]);
  });

  it("begin together on the axis of relative time", () => {
    const jobs = [100, 500].map((start) => ({
      step: series([1, 2], { train_loss: [3, 2] }, [start, start + 10]),
      evaluation: none,
    }));
    assert.deepEqual(joinCurves(jobs, "train_loss", "relative"), {
      x: [0, 10],
      columns: [
        [3, 2],
        [3, 2],
      ],
    });
  });
});

describe("a curve in words", () => {
  const format = { x: (step: number) => `step ${step}`, y: (value: number) => value.toFixed(2) };

  it("says where the curve begins and ends", () => {
    const sentence = describeCurve("Training loss", [1, 2, 300], [null, 2.31, 0.94], format);
    assert.equal(sentence, "Training loss fell from 2.31 to 0.94 between step 2 and step 300.");
    assert.equal(describeCurve("Loss", [1], [2], format), "Loss: 2.00 at step 1.");
    assert.equal(describeCurve("Loss", [1], [null], format), "Loss: no points yet.");
  });

  it("reads the nearest earlier value", () => {
    assert.deepEqual([valueAt([1, null, 3], 1), valueAt([null, 2], 0), valueAt([1, 2], 9)], [1, null, 2]);
  });

  it("picks rows evenly, with the first and the last", () => {
    assert.deepEqual(pickRows(3, 5), [0, 1, 2]);
    assert.deepEqual(pickRows(101, 5), [0, 25, 50, 75, 100]);
  });
});
