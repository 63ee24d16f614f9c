import { z } from "zod";

/** NUL would end the text inside SQLite; half of a surrogate pair has no UTF-8 form. Neither is ever meant. */
const UNSTORABLE = /\0|\p{Surrogate}/u;

/** Text of 1 to `max` characters (code points, as JSON Schema counts them). */
export function text(max: number) {
  return z
    .string()
    .min(1, "Must not be empty")
    .refine((value) => [...value].length <= max, `Must have at most ${max} characters`)
    .refine((value) => !UNSTORABLE.test(value), "Must not contain NUL or unpaired surrogates");
}

/** A field that may be left out or `null`: Mistral's clients send either for "not given". */
export function optional<Schema extends z.ZodType>(schema: Schema) {
  return schema.nullish().transform((value) => value ?? undefined);
}

function integer(min: number, max: number) {
  return z
    .string("Must be given once")
    .regex(/^-?\d{1,15}$/, "Must be an integer")
    .transform(Number)
    .pipe(z.int().min(min, `Must be at least ${min}`).max(max, `Must be at most ${max}`));
}

const boolean = z
  .string("Must be given once")
  .regex(/^(true|false|1|0)$/i, "Must be true or false")
  .transform((value) => /^(true|1)$/i.test(value));

const list = <Schema extends z.ZodType>(schema: Schema) =>
  z.preprocess((value) => (typeof value === "string" ? [value] : value), z.array(schema).max(100));

/** The values of a query string, each of which arrives as text. */
export const param = {
  text: text(512),
  integer,
  boolean,
  /** A parameter that may be repeated: `source=upload&source=mistral`. */
  list,
};

/** `page` and `page_size`: the defaults and bounds of the OpenAPI document. */
export const paging = {
  page: param.integer(0, Number.MAX_SAFE_INTEGER).default(0),
  page_size: param.integer(1, 100).default(20),
};

/** For routes without query parameters: a misplaced one must not pass unseen. */
export const noQuery = z.strictObject({});
