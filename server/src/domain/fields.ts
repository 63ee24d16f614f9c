import { z } from "zod";
import { isVisibleLine } from "#common";

/** SQLite ends a text at NUL. An unpaired surrogate has no UTF-8 encoding. */
const UNSTORABLE = /\0|\p{Surrogate}/u;

/** A string of 1 to `max` characters. Counts code points, like JSON Schema. */
export function text(max: number) {
  return (
    z
      .string()
      .min(1, "Must not be empty")
      // A text never has more code points than code units, which are much faster to count.
      .refine((value) => value.length <= max || [...value].length <= max, `Must have at most ${max} characters`)
      .refine((value) => !UNSTORABLE.test(value), "Must not contain NUL or unpaired surrogates")
  );
}

/** A text that becomes part of an ID, which clients use in URLs and messages. */
export function partOfId(max: number) {
  return text(max).refine(isVisibleLine, "Must not contain line feeds, tabs or invisible characters");
}

/** A field that may be absent or `null`. Mistral's clients send `null` for an absent value. */
export function optional<Schema extends z.ZodType>(schema: Schema) {
  return schema.nullish().transform((value) => value ?? undefined);
}
