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
