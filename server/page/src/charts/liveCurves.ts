import type { DashboardCurves } from "#common";
import { type Point, PointTable } from "./pointTable";
import { TimeColumn } from "./timeColumn";

export const X_AXES = ["steps", "relative", "wall"] as const;
/** What the horizontal axis shows: steps, seconds since the first point, or seconds since 1970. */
export type XAxis = (typeof X_AXES)[number];

/** @param from the first row that has changed */
export type ChangeListener = (from: number) => void;

/** After this many new points, the curves are loaded again: the server thins them evenly, and more than pixels show nothing. */
const MAX_ADDED = 5000;

type Curves = Pick<DashboardCurves, "step" | "evaluation" | "last_id">;

/** The curves of a job, which may be running. Charts draw at most once per frame, however many points arrive. */
export class LiveCurves {
  readonly table: PointTable;
  /** The ID of the latest point. */
  lastId: number;
  private readonly listeners = new Set<ChangeListener>();
  private readonly times = new Map<XAxis, TimeColumn>();
  private isScheduled = false;
  private added = 0;

  /** @param schedule calls a function before the next frame */
  constructor(
    curves: Curves,
    private readonly schedule: (draw: () => void) => void,
  ) {
    this.table = new PointTable(curves);
    this.lastId = curves.last_id;
  }

  /** Returns the values of the horizontal axis: always the same array for an axis. */
  x(axis: XAxis): readonly number[] {
    if (axis === "steps") return this.table.step;
    let times = this.times.get(axis);
    if (times === undefined) {
      times = new TimeColumn(this.table.createdAt, axis === "relative" ? (this.table.createdAt[0] ?? 0) : 0);
      this.times.set(axis, times);
    }
    return times.values;
  }

  /** Whether the curves should be loaded again. */
  get isFull(): boolean {
    return this.added >= MAX_ADDED;
  }

  /** Replaces all points. */
  set(curves: Curves): void {
    this.table.set(curves);
    this.lastId = curves.last_id;
    this.added = 0;
    this.changed();
  }

  /** @param id ignored when the point was added before */
  add(id: number, point: Point): void {
    if (id <= this.lastId) return;
    this.lastId = id;
    this.table.add(point);
    this.added += 1;
    this.changed();
  }

  /** The training resumed at a step: the points of later steps no longer exist. */
  resume(id: number, step: number): void {
    if (id <= this.lastId) return;
    this.lastId = id;
    this.table.truncate(step);
    this.changed();
  }

  subscribe(listener: ChangeListener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private changed(): void {
    if (this.isScheduled) return;
    this.isScheduled = true;
    this.schedule(() => {
      this.isScheduled = false;
      const from = this.table.takeChanged();
      if (from === undefined) return;
      for (const times of this.times.values()) times.update(from);
      for (const listener of [...this.listeners]) listener(from);
    });
  }
}
