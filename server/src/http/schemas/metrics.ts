import { z } from "zod";
import { optional } from "../../domain/fields";
import { MAX_POINTS, MetricType } from "../../domain/metricPoint";
import { param } from "./common";

const pointId = param.integer(0, Number.MAX_SAFE_INTEGER);

export const metricsQuery = z.strictObject({
  type: optional(z.enum(MetricType)),
  after: pointId.default(0),
  page_size: param.integer(1, MAX_POINTS).default(1000),
});

export const metricStreamQuery = z.strictObject({ after: pointId.default(0) });

/** The header that a client sends when it connects again. */
export const lastEventId = z.object({ "last-event-id": pointId.optional() });
