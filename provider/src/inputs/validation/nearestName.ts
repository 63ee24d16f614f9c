import { distance } from "fastest-levenshtein";
import { z } from "zod";
import { inputsSchema } from "../../schema/inputs";

/** The known name that was most likely meant by an unknown one, at this place in the inputs. */
export function nearestName(name: string, place: readonly PropertyKey[]): string | undefined {
  const plain = (text: string) => text.toLowerCase().replace(/[^a-z0-9]/g, "");
  const [nearest] = namesAt(place)
    .map((known) => ({ known, changes: distance(plain(known), plain(name)) }))
    .filter(({ known, changes }) => changes <= Math.max(1, known.length / 3))
    .sort((a, b) => a.changes - b.changes);
  return nearest?.known;
}

/** The names that the object at this place may have. */
function namesAt(place: readonly PropertyKey[]): string[] {
  let schema: unknown = inputsSchema;
  for (const part of place) {
    const outer = unwrap(schema);
    schema = outer instanceof z.ZodObject ? outer.shape[part as string] : outer instanceof z.ZodArray && outer.element;
  }
  const object = unwrap(schema);
  if (!(object instanceof z.ZodObject)) return [];
  return Object.keys(object.shape).filter((name) => !object.shape[name].meta()?.internal);
}

/** A schema without what is only wrapped around it: that it may be left out, and the short forms. */
function unwrap(schema: unknown): unknown {
  if (schema instanceof z.ZodOptional) return unwrap(schema.unwrap());
  return schema instanceof z.ZodPipe ? unwrap(schema.out) : schema;
}
