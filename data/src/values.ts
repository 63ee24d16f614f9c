/** What is wrong with one sample, and where in it. The message never quotes what a sample says: it may be private. */
export class SampleError extends Error {
  override name = "SampleError";

  constructor(
    private path: string,
    private readonly reason: string,
  ) {
    super(path === "" ? reason : `${path}: ${reason}`);
  }

  /** Says that the path begins inside this part of the sample. */
  within(part: string): this {
    this.path = this.path === "" ? part : `${part}.${this.path}`;
    this.message = `${this.path}: ${this.reason}`;
    return this;
  }
}

export type JsonObject = Record<string, unknown>;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function expectObject(value: unknown, path: string): JsonObject {
  if (!isObject(value)) {
    throw new SampleError(path, `expected an object, found ${kindOf(value)}`);
  }
  return value;
}

export function expectArray(value: unknown, path: string): unknown[] {
  if (!Array.isArray(value) || value.length === 0) {
    throw new SampleError(path, `expected a list with at least one element, found ${kindOf(value)}`);
  }
  return value;
}

/**
 * Checks each element of a list that has some, with paths that are relative to the element: the whole path is put together
 * only for an error, since to do it for each message of each sample takes longer than the check.
 */
export function checkEach(value: unknown, path: string, check: (element: unknown) => void): void {
  const list = expectArray(value, path);
  for (let index = 0; index < list.length; index++) {
    try {
      check(list[index]);
    } catch (error) {
      throw error instanceof SampleError ? error.within(`${path}[${index}]`) : error;
    }
  }
}

/** Text that says something: not empty, not white space alone. */
export function expectText(value: unknown, path: string): string {
  if (typeof value !== "string") {
    throw new SampleError(path, `expected a string, found ${kindOf(value)}`);
  }
  if (value.trim() === "") {
    throw new SampleError(path, "is empty");
  }
  return value;
}

/** One of a few names or numbers, which a message may show. */
export function expectOneOf<T extends string | number>(value: unknown, allowed: readonly T[], path: string): T {
  if (!(allowed as readonly unknown[]).includes(value)) {
    const names = allowed.map((each) => JSON.stringify(each)).join(", ");
    const expected = allowed.length === 1 ? names : `one of ${names}`;
    throw new SampleError(path, `expected ${expected}, found ${shown(value)}`);
  }
  return value as T;
}

/** What kind of value it is. */
export function kindOf(value: unknown): string {
  if (value === undefined) return "nothing";
  if (value === null) return "null";
  if (Array.isArray(value)) return value.length === 0 ? "an empty list" : "a list";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}

/** The longest text that is shown. */
const SHOWN_CHARACTERS = 40;

/** A role, a label, an id, a name: short values as they are, others by their kind. */
export function shown(value: unknown): string {
  if (typeof value === "object" || value === undefined) return kindOf(value);
  const isLong = typeof value === "string" && value.length > SHOWN_CHARACTERS;
  return isLong ? `a string of ${value.length} characters` : JSON.stringify(value);
}
