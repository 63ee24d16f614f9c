/** A problem in one sample, with the path of the field. The message never quotes the content of a sample, which may be private. */
export class SampleError extends Error {
  override name = "SampleError";

  constructor(
    private path: string,
    private readonly reason: string,
  ) {
    super(path === "" ? reason : `${path}: ${reason}`);
  }

  /** Prepends the part of the sample that contains the field: `content` becomes `messages[2].content`. */
  prependPath(part: string): this {
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
 * Checks that a value is a list with at least one element, and checks each element. `check` uses paths relative to its element.
 * The full path is built only for an error, since building it for each message of each sample takes longer than the check.
 */
export function checkEach(value: unknown, path: string, check: (element: unknown) => void): void {
  const list = expectArray(value, path);
  for (let index = 0; index < list.length; index++) {
    try {
      check(list[index]);
    } catch (error) {
      throw error instanceof SampleError ? error.prependPath(`${path}[${index}]`) : error;
    }
  }
}

/** Returns the value if it is a string with at least one character that is not white space. */
export function expectText(value: unknown, path: string): string {
  if (typeof value !== "string") {
    throw new SampleError(path, `expected a string, found ${kindOf(value)}`);
  }
  if (value.trim() === "") {
    throw new SampleError(path, "is empty");
  }
  return value;
}

/** Returns the value if it is one of a few names or numbers. The error message may show the actual value. */
export function expectOneOf<T extends string | number>(value: unknown, allowed: readonly T[], path: string): T {
  if (!(allowed as readonly unknown[]).includes(value)) {
    const names = allowed.map((each) => JSON.stringify(each)).join(", ");
    const expected = allowed.length === 1 ? names : `one of ${names}`;
    throw new SampleError(path, `expected ${expected}, found ${formatForMessage(value)}`);
  }
  return value as T;
}

/** Describes the type of a value: `a string`, `an empty list`, `nothing` for undefined. */
export function kindOf(value: unknown): string {
  if (value === undefined) return "nothing";
  if (value === null) return "null";
  if (Array.isArray(value)) return value.length === 0 ? "an empty list" : "a list";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}

/** Longer strings are not shown in messages. */
const MAX_SHOWN_CHARACTERS = 40;

/** Formats a role, a label, an ID or a name for a message: short values as JSON, other values by their type. */
export function formatForMessage(value: unknown): string {
  if (typeof value === "object" || value === undefined) return kindOf(value);
  const isLong = typeof value === "string" && value.length > MAX_SHOWN_CHARACTERS;
  return isLong ? `a string of ${value.length} characters` : JSON.stringify(value);
}
