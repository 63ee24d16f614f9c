import type { DashboardCurves, DashboardSeries } from "#common";

/** The values of one figure by row. Null: the row has no such figure. */
export type Column = (number | null)[];

/** A point of a job, as the event stream sends it. */
export interface Point {
  type: "step" | "evaluation";
  step: number;
  /** Seconds since 1970. */
  created_at: number;
  metrics: Readonly<Record<string, number>>;
}

/**
 * The points of a job in columns, ordered by step. Training and evaluation share rows. Charts keep the arrays: they grow and
 * shrink in place, so that a new point costs no copy.
 */
export class PointTable {
  readonly step: number[] = [];
  /** Seconds since 1970. */
  readonly createdAt: number[] = [];
  private readonly columns = new Map<string, Column>();
  /** The names of the figures that the table has values of. */
  private readonly named = new Set<string>();
  private firstChanged = Number.POSITIVE_INFINITY;

  constructor(curves: Pick<DashboardCurves, "step" | "evaluation">) {
    this.set(curves);
    this.takeChanged();
  }

  /** Replaces all points. */
  set(curves: Pick<DashboardCurves, "step" | "evaluation">): void {
    for (const array of this.arrays()) array.length = 0;
    this.addSeries("step", curves.step);
    this.addSeries("evaluation", curves.evaluation);
    this.changed(0);
  }

  get length(): number {
    return this.step.length;
  }

  has(name: string): boolean {
    return this.named.has(name);
  }

  /** The number of figures with values: it grows when a training reports a new one. */
  get figures(): number {
    return this.named.size;
  }

  /** Returns the column of a figure: always the same array. All values are null while the figure is unknown. */
  column(name: string): Column {
    let column = this.columns.get(name);
    if (column === undefined) {
      column = new Array<null>(this.length).fill(null);
      this.columns.set(name, column);
    }
    return column;
  }

  /** Adds a point, in any order. Adding a point again changes nothing. */
  add({ type, step, created_at, metrics }: Point): void {
    const row = this.rowOf(step, created_at);
    for (const [name, value] of Object.entries(metrics)) this.fill(row, name, value, type);
    this.changed(row);
  }

  /** Removes the rows after a step: the training resumed there. */
  truncate(step: number): void {
    const length = this.search(step + 1);
    if (length === this.length) return;
    for (const array of this.arrays()) array.length = length;
    this.changed(length);
  }

  /** Returns the first row that has changed since the last call, or undefined. */
  takeChanged(): number | undefined {
    const row = this.firstChanged;
    this.firstChanged = Number.POSITIVE_INFINITY;
    return row === Number.POSITIVE_INFINITY ? undefined : row;
  }

  private addSeries(type: Point["type"], { step, created_at, metrics }: DashboardSeries): void {
    const columns = Object.entries(metrics);
    step.forEach((each, index) => {
      const row = this.rowOf(each, created_at[index] as number);
      for (const [name, values] of columns) this.fill(row, name, values[index] ?? null, type);
    });
  }

  private fill(row: number, name: string, value: number | null, type: Point["type"]): void {
    if (value === null || !Number.isFinite(value)) return;
    const column = this.column(name);
    this.named.add(name);
    // An evaluation may repeat figures of the step: those of the step are the training's own.
    if (type === "step" || column[row] === null) column[row] = value;
  }

  /** Returns the row of a step. Inserts the row when there is none. */
  private rowOf(step: number, createdAt: number): number {
    const last = this.step.at(-1);
    const row = last === undefined || step > last ? this.length : this.search(step);
    if (this.step[row] === step) return row;
    insert(this.step, row, step);
    insert(this.createdAt, row, createdAt);
    for (const column of this.columns.values()) insert(column, row, null);
    return row;
  }

  /** Returns the first row whose step is at least `step`. */
  private search(step: number): number {
    let [low, high] = [0, this.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.step[middle] as number) < step) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  private changed(row: number): void {
    this.firstChanged = Math.min(this.firstChanged, row);
  }

  private arrays(): Column[] {
    return [this.step, this.createdAt, ...this.columns.values()];
  }
}

/** Most rows are added at the end. */
function insert<Value>(array: Value[], row: number, value: Value): void {
  if (row === array.length) array.push(value);
  else array.splice(row, 0, value);
}
