import type { MetricPoint } from "../../domain/metricPoint";

/** How the points of one type of a job are thinned. */
export interface Series {
  /** One of this many points is kept. Doubles each time there are too many points. */
  stride: number;
  /** The number of points after the last one that is kept. */
  since: number;
  /** The ID of the newest point, if only the next point decides that it is dropped. */
  extra: number | null;
  /** At least the number of stored points. Steps that are trained again count twice until they are counted. */
  points: number;
}

export const NEW_SERIES: Readonly<Series> = { stride: 1, since: 0, extra: null, points: 0 };

/** What a batch of points changes. */
export interface Appended {
  series: Series;
  /** The points to store, oldest first. */
  rows: MetricPoint[];
  /** The ID of a stored point to remove. */
  removed?: number;
}

/**
 * Adds points to a series. The first and the newest point are always kept. Of a batch, only the points that remain are
 * stored, so a fast training costs few writes.
 */
export function append(before: Series, points: readonly MetricPoint[]): Appended {
  const series = { ...before };
  const rows: MetricPoint[] = [];
  let removed: number | undefined;
  for (const point of points) {
    if (point.step === 0) {
      // The figures of the base model. A resumed training may report them again, in the middle of the series.
      rows.push(point);
      continue;
    }
    if (series.extra !== null) {
      const index = rows.findLastIndex(({ id }) => id === series.extra);
      if (index === -1) removed = series.extra;
      else rows.splice(index, 1);
    }
    rows.push(point);
    const { every = 1 } = point;
    series.stride = Math.max(series.stride, every);
    series.since = (series.since + every) % series.stride;
    series.extra = series.since === 0 ? null : point.id;
  }
  series.points += rows.length;
  return { series, rows, ...(removed !== undefined && { removed }) };
}
