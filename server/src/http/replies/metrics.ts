import type { MetricPoint } from "../../domain/metricPoint";
import { seconds } from "./time";

export function pointReply({ id, type, step, metrics, createdAt }: MetricPoint) {
  return { id, type, step, metrics, created_at: seconds(createdAt) };
}
