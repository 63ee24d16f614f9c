import { z } from "zod";
import { text } from "../../domain/fields";

function integer(min: number, max: number) {
  return z
    .string("Must not be repeated")
    .regex(/^-?\d{1,15}$/, "Must be an integer")
    .transform(Number)
    .pipe(z.int().min(min, `Must be at least ${min}`).max(max, `Must be at most ${max}`));
}

const boolean = z
  .string("Must not be repeated")
  .regex(/^(true|false|1|0)$/i, "Must be true or false")
  .transform((value) => /^(true|1)$/i.test(value));

const list = <Schema extends z.ZodType>(schema: Schema) =>
  z.preprocess((value) => (typeof value === "string" ? [value] : value), z.array(schema).max(100));

/** Schemas for query parameters. All values arrive as text. */
export const param = {
  text: text(512),
  integer,
  boolean,
  /** A repeatable parameter: `source=upload&source=mistral`. */
  list,
};

/** `page` and `page_size` with the defaults and limits of the OpenAPI document. */
export const paging = {
  page: param.integer(0, Number.MAX_SAFE_INTEGER).default(0),
  page_size: param.integer(1, 100).default(20),
};

/** For routes without query parameters. Rejecting unknown parameters makes a misplaced one visible. */
export const noQuery = z.strictObject({});
