import { z } from "zod";
import { text } from "../../domain/fields";
import { param } from "./common";

/** `null` clears a field. An absent field keeps its value. */
export const updateModelBody = z.strictObject({
  name: text(256).nullable().optional(),
  description: text(4096).nullable().optional(),
});

/** For the route that shows the rows of samples. */
export const rowsQuery = z.strictObject({ rows: param.integer(1, 1000).default(10) });
