import { MAX_POINTS, type MetricPoint, MetricType } from "../../domain/metricPoint";
import type { Database } from "../database";
import { inTransaction, onceCommitted } from "../transaction";
import { append, NEW_SERIES, type Series } from "./series";

/** A program that resumes without end must not fill the disk. */
const MAX_RESUMED = 100;

/** Which points of a job to read. */
export interface PointQuery {
  types: readonly MetricPoint["type"][];
  /** Only points with a greater ID. */
  after: number;
  limit: number;
}

interface PointRow {
  id: number;
  type: MetricPoint["type"];
  step: number;
  metrics: string;
  created_at: number;
}

/** The metrics of trainings by step: at most `MAX_POINTS` of each type for each job. */
export class MetricStore {
  /** @param onPoints called when new points of a job are durable */
  constructor(
    private readonly database: Database,
    private readonly onPoints: (jobId: string) => void = () => {},
  ) {}

  /** Returns the ID of the newest point of a job; 0 without one. */
  lastId(jobId: string): number {
    const row = this.database
      .prepare("SELECT max(id) AS id FROM metric_points WHERE job_seq = (SELECT seq FROM jobs WHERE id = ?)")
      .get(jobId) as { id: number | null };
    return row.id ?? 0;
  }

  /** Returns points of a job, oldest first. */
  list(jobId: string, { types, after, limit }: PointQuery): MetricPoint[] {
    const rows = this.database
      .prepare(
        `SELECT id, type, step, metrics, created_at FROM metric_points
         WHERE job_seq = (SELECT seq FROM jobs WHERE id = ?) AND id > ?
           AND type IN (SELECT value FROM json_each(?)) ORDER BY id LIMIT ?`,
      )
      .all(jobId, after, JSON.stringify(types), limit) as PointRow[];
    return rows.map(({ created_at: createdAt, metrics, ...row }) => ({
      ...row,
      metrics: JSON.parse(metrics),
      createdAt,
    }));
  }

  /** Stores the points that a training has reported since the last call, oldest first. Ignores points that are stored. */
  add(jobId: string, points: readonly MetricPoint[]): void {
    inTransaction(this.database, () => {
      const last = this.lastId(jobId);
      const added = points.filter(({ id }) => id > last);
      if (added.length === 0) return;
      const { seq } = this.database.prepare("SELECT seq FROM jobs WHERE id = ?").get(jobId) as { seq: number };
      for (const part of splitAtResumes(added)) {
        if (part[0]?.type === "resumed") this.resume(seq, part[0]);
        for (const type of MetricType) {
          const ofType = part.filter((point) => point.type === type);
          if (ofType.length > 0) this.append(seq, type, ofType);
        }
      }
      onceCommitted(this.database, () => this.onPoints(jobId));
    });
  }

  private append(seq: number, type: MetricType, points: readonly MetricPoint[]): void {
    const { series, rows, removed } = append(this.series(seq, type), points);
    for (const row of rows) this.insert(seq, row);
    if (removed !== undefined) {
      this.database.prepare("DELETE FROM metric_points WHERE job_seq = ? AND id = ?").run(seq, removed);
    }
    this.saveSeries(seq, type, this.thinned(seq, type, series));
  }

  /** Removes every second point until there are few enough. Keeps the first and the newest. */
  private thinned(seq: number, type: MetricType, series: Series): Series {
    const thinned = { ...series };
    while (thinned.points > MAX_POINTS) {
      thinned.points = this.count(seq, type);
      if (thinned.points <= MAX_POINTS) break;
      this.database
        .prepare(
          `DELETE FROM metric_points WHERE job_seq = ? AND id IN (
             SELECT id FROM (
               SELECT id, row_number() OVER (ORDER BY step) AS position, max(id) OVER () AS newest
               FROM metric_points WHERE job_seq = ? AND type = ?
             ) WHERE position % 2 = 0 AND id <> newest
           )`,
        )
        .run(seq, seq, type);
      Object.assign(thinned, { stride: thinned.stride * 2, since: 0, extra: null, points: this.count(seq, type) });
    }
    return thinned;
  }

  /** Removes the points of the steps that are trained again. */
  private resume(seq: number, point: MetricPoint): void {
    this.database.prepare("DELETE FROM metric_points WHERE job_seq = ? AND step > ?").run(seq, point.step);
    this.insert(seq, point);
    this.database
      .prepare(
        `DELETE FROM metric_points WHERE job_seq = ? AND id IN (
           SELECT id FROM metric_points WHERE job_seq = ? AND type = 'resumed' ORDER BY id DESC LIMIT -1 OFFSET ?
         )`,
      )
      .run(seq, seq, MAX_RESUMED);
    this.database.prepare("UPDATE metric_series SET since = 0, extra = NULL WHERE job_seq = ?").run(seq);
  }

  /**
   * Replaces an earlier point of the same type and step, and keeps the figures that only the earlier one has: the result is a
   * checkpoint that is evaluated again.
   */
  private insert(seq: number, { id, type, step, metrics, createdAt }: MetricPoint): void {
    const earlier = this.database
      .prepare("SELECT metrics FROM metric_points WHERE job_seq = ? AND type = ? AND step = ?")
      .get(seq, type, step) as { metrics: string } | undefined;
    const merged = JSON.stringify({ ...(earlier && JSON.parse(earlier.metrics)), ...metrics });
    // A resumed training reports the same figures of the base model again.
    if (step === 0 && earlier?.metrics === merged) return;
    this.database
      .prepare(
        "INSERT OR REPLACE INTO metric_points (job_seq, id, type, step, metrics, created_at) VALUES (?, ?, ?, ?, ?, ?)",
      )
      .run(seq, id, type, step, merged, createdAt);
  }

  private count(seq: number, type: MetricType): number {
    const row = this.database
      .prepare("SELECT count(*) AS points FROM metric_points WHERE job_seq = ? AND type = ?")
      .get(seq, type);
    return (row as { points: number }).points;
  }

  private series(seq: number, type: MetricType): Series {
    const row = this.database
      .prepare("SELECT stride, since, extra, points FROM metric_series WHERE job_seq = ? AND type = ?")
      .get(seq, type);
    return (row as Series | undefined) ?? NEW_SERIES;
  }

  private saveSeries(seq: number, type: MetricType, { stride, since, extra, points }: Series): void {
    this.database
      .prepare(
        "INSERT OR REPLACE INTO metric_series (job_seq, type, stride, since, extra, points) VALUES (?, ?, ?, ?, ?, ?)",
      )
      .run(seq, type, stride, since, extra, points);
  }
}

/** Splits points into parts. Each part except the first begins with a point of the type `resumed`. */
function splitAtResumes(points: readonly MetricPoint[]): MetricPoint[][] {
  const parts: MetricPoint[][] = [[]];
  for (const point of points) {
    if (point.type === "resumed") parts.push([]);
    parts.at(-1)?.push(point);
  }
  return parts;
}
