import { MAX_POINTS, type MetricPoint, type MetricType } from "../../../domain/metricPoint";

/** A program that resumes without end must not exhaust the memory. */
const MAX_RESUMED = 100;

/**
 * The points of a training that are not stored yet. Limited: a file that was written while the server was stopped may have
 * millions of them.
 */
export class PendingPoints {
  private readonly lists: Record<MetricType, PendingList> = { step: new PendingList(), evaluation: new PendingList() };
  private resumed: MetricPoint[] = [];

  /** @param stored the ID of the newest stored point */
  constructor(private stored: number) {}

  add(point: MetricPoint): void {
    if (point.id <= this.stored) return;
    if (point.type !== "resumed") {
      this.lists[point.type].add(point);
      return;
    }
    for (const list of Object.values(this.lists)) list.resume(point.step);
    // Of two, the one at the lower step removes what the other one removes.
    this.resumed = this.resumed.filter(({ step }) => step < point.step);
    if (this.resumed.length < MAX_RESUMED) this.resumed.push(point);
  }

  /** Returns the points after the newest stored one, oldest first. Forgets earlier ones. */
  after(stored: number): readonly MetricPoint[] {
    this.stored = stored;
    for (const list of Object.values(this.lists)) list.forget(stored);
    this.resumed = this.resumed.filter(({ id }) => id > stored);
    const points = [...this.resumed, ...this.lists.step.points, ...this.lists.evaluation.points];
    return points.sort((one, other) => one.id - other.id);
  }
}

/** The points of one type: all of them, or the first, the newest, and one of 2, 4, 8 … between them. */
class PendingList {
  points: MetricPoint[] = [];
  private stride = 1;
  /** The number of points after the last one that is kept. */
  private since = 0;

  add(point: MetricPoint): void {
    // The newest point is only kept until the next one.
    if (this.since > 0) this.points.pop();
    this.since = (this.since + 1) % this.stride;
    this.points.push(this.since === 0 && this.stride > 1 ? { ...point, every: this.stride } : point);
    if (this.points.length <= MAX_POINTS) return;
    this.stride *= 2;
    this.since = 0;
    this.points = this.points.filter((_, index) => index % 2 === 0).map((each) => ({ ...each, every: this.stride }));
  }

  /** Removes the points of the steps that are trained again. */
  resume(step: number): void {
    this.points = this.points.filter((point) => point.step <= step);
    this.since = 0;
  }

  /** Removes the points that are stored. */
  forget(stored: number): void {
    if ((this.points[0]?.id ?? Number.POSITIVE_INFINITY) > stored) return;
    this.points = this.points.filter(({ id }) => id > stored);
    this.stride = 1;
    this.since = 0;
  }
}
