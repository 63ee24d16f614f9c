import { z } from "zod";
import { optional, text } from "../../domain/fields";

/** Part of the path of a request. */
export const HOLDER = /^[\w.-]{1,128}$/;

const MAX_MODELS = 10;
const MAX_THRESHOLDS = 10;

export const holdBody = z.strictObject({
  models: z.array(text(512)).max(MAX_MODELS, `Must have at most ${MAX_MODELS} models`),
  description: optional(text(256)),
});

export const missBody = z.strictObject({
  job_id: text(256),
  model: text(512),
  description: optional(text(256)),
  thresholds: z
    .array(text(200))
    .min(1, "Must not be empty")
    .max(MAX_THRESHOLDS, `Must have at most ${MAX_THRESHOLDS} thresholds`),
});
