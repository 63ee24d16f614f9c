/** What is wrong with one sample, and where in it. */
export class SampleError extends Error {
  override name = "SampleError";

  constructor(path: string, message: string) {
    super(path === "" ? message : `${path}: ${message}`);
  }
}

export type JsonObject = Record<string, unknown>;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function expectObject(value: unknown, path: string): JsonObject {
  if (!isObject(value)) {
    throw new SampleError(path, `expected an object, found ${describe(value)}`);
  }
  return value;
}

export function expectArray(value: unknown, path: string): unknown[] {
  if (!Array.isArray(value) || value.length === 0) {
    throw new SampleError(path, `expected a list with at least one element, found ${describe(value)}`);
  }
  return value;
}

/** Text that says something: not empty, not white space alone. */
export function expectText(value: unknown, path: string): string {
  if (typeof value !== "string") {
    throw new SampleError(path, `expected a string, found ${describe(value)}`);
  }
  if (value.trim() === "") {
    throw new SampleError(path, "is empty");
  }
  return value;
}

export function expectOneOf(value: unknown, allowed: readonly unknown[], path: string): void {
  if (!allowed.includes(value)) {
    const names = allowed.map((each) => JSON.stringify(each)).join(", ");
    throw new SampleError(
      path,
      `expected ${allowed.length === 1 ? names : `one of ${names}`}, found ${describe(value)}`,
    );
  }
}

/** Names a value in a message: short values as they are, others by their kind. */
export function describe(value: unknown): string {
  if (value === undefined) {
    return "nothing";
  }
  if (Array.isArray(value)) {
    return value.length === 0 ? "an empty list" : "a list";
  }
  if (typeof value === "object" && value !== null) {
    return "an object";
  }
  const shown = JSON.stringify(value);
  return shown.length <= 40 ? shown : `a ${typeof value} of ${shown.length} characters`;
}
