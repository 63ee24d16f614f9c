import { InvalidArgumentError } from "../errors/errors";

/** A value of a query parameter; a list repeats the parameter, undefined leaves it out. */
export type QueryValue = string | number | boolean | Date | readonly string[] | undefined;

/** The query string, with its `?`, or nothing. Dates are sent as ISO 8601 in UTC. */
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
 * An id as one segment of a path. Ids of fine-tuned models have colons (`ft:open-mistral-7b:…`); whatever else an id
 * holds, it must neither reach another route nor, when empty, a whole list.
 *
 * @throws {InvalidArgumentError} an id that is empty, or `.` or `..`, which URLs resolve away even when encoded.
 */
export function segment(id: string): string {
  if (typeof id !== "string" || id === "" || id === "." || id === "..") {
    throw new InvalidArgumentError(`${JSON.stringify(id)} is not an id.`);
  }
  return encodeURIComponent(id);
}
