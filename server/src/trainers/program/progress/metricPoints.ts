import type { MetricPoint } from "../../../domain/metricPoint";
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
