import { z } from "zod";
import { text } from "../../domain/fields";

/** `null` clears; a field that is left out stays as it is. */
export const updateModelBody = z.strictObject({
  name: text(256).nullable().optional(),
  description: text(4096).nullable().optional(),
});
