import type { DashboardCurves } from "#common";
import type { ChangeListener, XAxis } from "./liveCurves";
import { type Column, PointTable } from "./pointTable";
import { TimeColumn } from "./timeColumn";

/** The same figure of several jobs. */
export interface JoinedCurves {
  x: number[];
  /** A column per job. */
  columns: Column[];
}

/** Joined curves of jobs that may be running. Charts keep the arrays: they change in place. */
export class LiveJoin implements JoinedCurves {
  readonly x: number[] = [];
  readonly columns: Column[];
  private readonly listeners = new Set<ChangeListener>();

  constructor(
    private readonly name: string,
    private readonly axis: XAxis,
    jobs: number,
  ) {
    this.columns = Array.from({ length: jobs }, () => []);
  }

  /** Replaces the points. @param curves of the same jobs as before, in the same order */
  set(curves: Parameters<typeof joinCurves>[0]): void {
    const joined = joinCurves(curves, this.name, this.axis);
    replace(this.x, joined.x);
    for (const [index, column] of this.columns.entries()) replace(column, joined.columns[index] ?? []);
  }

  /** Draws the charts again. */
  draw(): void {
    for (const listener of [...this.listeners]) listener(0);
  }

  readonly subscribe = (listener: ChangeListener) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };
}

/** Puts a figure of several jobs on one horizontal axis. Times of the relative axis begin with each job's first point. */
export function joinCurves(
  curves: readonly Pick<DashboardCurves, "step" | "evaluation">[],
  name: string,
  axis: XAxis,
): JoinedCurves {
  const series = curves.map((each) => {
    const table = new PointTable(each);
    const values = table.column(name);
    const x = xOf(table, axis);
    return x.flatMap((at, row) => (values[row] === null ? [] : [{ at, value: values[row] as number }]));
  });
  const x = [...new Set(series.flatMap((points) => points.map(({ at }) => at)))].sort((one, other) => one - other);
  const rows = new Map(x.map((at, row) => [at, row]));
  const columns = series.map((points) => {
    const column: Column = new Array<null>(x.length).fill(null);
    for (const { at, value } of points) column[rows.get(at) as number] = value;
    return column;
  });
  return { x, columns };
}

function replace<Value>(array: Value[], values: readonly Value[]): void {
  array.length = 0;
  for (const value of values) array.push(value);
}

function xOf({ step, createdAt }: PointTable, axis: XAxis): readonly number[] {
  if (axis === "steps") return step;
  return new TimeColumn(createdAt, axis === "relative" ? (createdAt[0] ?? 0) : 0).values;
}
