import { MAX_POINTS, type MetricPoint } from "../../../domain/metricPoint";
import { omitUndefined } from "../../../omitUndefined";
import type { ProgressRecord } from "./progressRecords";

/** Returns the figures of a record. Undefined when the record has none. @param line the record's line, which is the ID */
export function toPoint(record: ProgressRecord, line: number): MetricPoint | undefined {
  const figures = figuresOf(record);
  if (figures === undefined) return undefined;
  const metrics = omitUndefined(figures.metrics) as Record<string, number>;
  if (Object.keys(metrics).length === 0) return undefined;
  return { id: line, ...figures, metrics, createdAt: Math.round(record.time * 1000) };
}

function figuresOf(record: ProgressRecord) {
  switch (record.type) {
    case "step": {
      const { step, loss: train_loss, learning_rate, grad_norm, tokens_per_second, gpu_memory_bytes } = record;
      const metrics = { train_loss, learning_rate, grad_norm, tokens_per_second, gpu_memory_bytes };
      return { type: "step" as const, step, metrics };
    }
    case "checkpoint": {
      const { train_loss: _, ...metrics } = record.metrics;
      return { type: "evaluation" as const, step: record.step, metrics };
    }
    case "evaluation": {
      const { valid_loss, valid_mean_token_accuracy, accuracy: valid_accuracy } = record.metrics;
      const metrics = { valid_loss, valid_mean_token_accuracy, valid_accuracy };
      return { type: "evaluation" as const, step: record.step, metrics };
    }
    default:
      return undefined;
  }
}

/**
 * The points of a training that are not stored yet. Limited: a file that was written while the server was stopped may have
 * millions of them.
 */
export class PendingPoints {
  private points: MetricPoint[] = [];

  /** @param stored the ID of the newest stored point */
  constructor(private stored: number) {}

  add(point: MetricPoint): void {
    if (point.id <= this.stored) return;
    if (point.type === "resumed") this.points = this.points.filter(({ step }) => step <= point.step);
    this.points.push(point);
    if (this.points.length > MAX_POINTS) this.thin();
  }

  /** Keeps the first and the newest point. */
  private thin(): void {
    const isEven = (_: MetricPoint, index: number) => index % 2 === 0;
    this.points = this.points.filter((point, index) => point.type === "resumed" || isEven(point, index));
    if (this.points.length > MAX_POINTS) this.points = this.points.filter(isEven);
  }

  /** Returns the points after the newest stored one, oldest first. Forgets earlier ones. */
  after(stored: number): readonly MetricPoint[] {
    this.stored = stored;
    if ((this.points[0]?.id ?? Number.POSITIVE_INFINITY) <= stored) {
      this.points = this.points.filter(({ id }) => id > stored);
    }
    return this.points;
  }
}
