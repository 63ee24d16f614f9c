import { z } from "zod";
import { optional, text } from "../../domain/fields";

/** Part of the path of a request. */
export const HOLDER = /^[\w.-]{1,128}$/;

const MAX_MODELS = 10;

export const holdBody = z.strictObject({
  models: z.array(text(512)).max(MAX_MODELS, `Must have at most ${MAX_MODELS} models`),
  description: optional(text(256)),
});
