import { z } from "zod";
import { text } from "../../domain/fields";

/** `null` clears a field. An absent field keeps its value. */
export const updateModelBody = z.strictObject({
  name: text(256).nullable().optional(),
  description: text(4096).nullable().optional(),
});
