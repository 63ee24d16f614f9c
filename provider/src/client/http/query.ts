import { InvalidArgumentError } from "../errors/errors";

/** A query parameter's value. An array repeats the parameter; undefined omits it. */
export type QueryValue = string | number | boolean | Date | readonly string[] | undefined;

/** Returns the query string with `?`, or an empty string. Dates become ISO 8601 in UTC. */
export function toQuery(parameters: Record<string, QueryValue>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    for (const single of Array.isArray(value) ? value : [value]) {
      if (single !== undefined) {
        query.append(name, single instanceof Date ? isoDate(name, single) : String(single));
      }
    }
  }
  const text = query.toString();
  return text === "" ? "" : `?${text}`;
}

function isoDate(name: string, date: Date): string {
  if (Number.isNaN(date.getTime())) {
    throw new InvalidArgumentError(`${name} is not a valid date.`);
  }
  return date.toISOString();
}

/**
 * Encodes an ID as one path segment. IDs of fine-tuned models contain colons (`ft:open-mistral-7b:…`). Without
 * encoding, an ID with slashes would call another route. An empty ID would call the list.
 *
 * @throws {InvalidArgumentError} the ID is empty, `.` or `..`: URLs resolve dot segments even when they are encoded
 */
export function segment(id: string): string {
  if (typeof id !== "string" || id === "" || id === "." || id === "..") {
    throw new InvalidArgumentError(`${JSON.stringify(id)} is not a valid ID.`);
  }
  return encodeURIComponent(id);
}
