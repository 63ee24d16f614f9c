import { distance } from "fastest-levenshtein";
import { z } from "zod";

/** A longer name is no typing error. Comparing it would take seconds per megabyte. */
const LONGEST_NAME = 100;

/** Returns the known name of a schema that is most similar to an unknown one at this path, if any is similar enough. */
export function nearestName(name: string, place: readonly PropertyKey[], schema: z.ZodObject): string | undefined {
  if (name.length > LONGEST_NAME) return undefined;
  const plain = (text: string) => text.toLowerCase().replace(/[^a-z0-9]/g, "");
  const [nearest] = namesAt(place, schema)
    .map((known) => ({ known, changes: distance(plain(known), plain(name)) }))
    .filter(({ known, changes }) => changes <= Math.max(1, known.length / 3))
    .sort((a, b) => a.changes - b.changes);
  return nearest?.known;
}

/** Returns the allowed names of the object at this path. */
function namesAt(place: readonly PropertyKey[], root: z.ZodObject): string[] {
  let schema: unknown = root;
  for (const part of place) {
    const outer = unwrap(schema);
    schema = outer instanceof z.ZodObject ? outer.shape[part as string] : outer instanceof z.ZodArray && outer.element;
  }
  const object = unwrap(schema);
  if (!(object instanceof z.ZodObject)) return [];
  return Object.keys(object.shape).filter((name) => !object.shape[name].meta()?.internal);
}

/** Removes the wrappers of a schema: optional values and short forms. */
function unwrap(schema: unknown): unknown {
  if (schema instanceof z.ZodOptional) return unwrap(schema.unwrap());
  return schema instanceof z.ZodPipe ? unwrap(schema.out) : schema;
}
