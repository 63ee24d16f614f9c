import { z } from "zod";
import { MAX_SAMPLES } from "../../domain/evaluation";
import { optional, text } from "../../domain/fields";

/** Validates the body of `POST /v1/fine_tuning/evaluations`. */
export const evaluateBody = z.strictObject({
  model: text(512),
  job_id: text(256),
  samples: optional(z.int().min(0).max(MAX_SAMPLES)).transform((value) => value ?? 0),
});
