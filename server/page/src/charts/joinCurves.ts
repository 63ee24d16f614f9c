import type { DashboardCurves } from "#common";
import type { XAxis } from "./liveCurves";
import { type Column, PointTable } from "./pointTable";
import { TimeColumn } from "./timeColumn";

/** The same figure of several jobs. */
export interface JoinedCurves {
  x: number[];
  /** A column per job. */
  columns: Column[];
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

function xOf({ step, createdAt }: PointTable, axis: XAxis): readonly number[] {
  if (axis === "steps") return step;
  return new TimeColumn(createdAt, axis === "relative" ? (createdAt[0] ?? 0) : 0).values;
}
