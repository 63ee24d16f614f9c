import { z } from "zod";
import { isAsset } from "../../schema/assets";

export const REQUIRED = "is required";

type Issue = Parameters<z.core.$ZodErrorMap>[0];

/** Returns this package's message for a zod issue. Messages never contain the value, which could be a secret. */
export const inputMessage: z.core.$ZodErrorMap = (issue) => {
  const got = kindOf(issue.input);
  switch (issue.code) {
    case "invalid_type":
      if (issue.input === undefined) return REQUIRED;
      return `expected ${typeOf(issue)}, got ${issue.expected === "int" && got === "a number" ? "a fraction" : got}`;
    case "invalid_value": {
      if (issue.input === undefined) return REQUIRED;
      const values = oneOf(issue.values);
      return `expected ${values}, got ${typeof issue.input === "string" ? "a different string" : got}`;
    }
    case "too_small":
      return outOfBounds(issue, issue.minimum, issue.exact ? "exactly" : issue.inclusive ? "at least" : "more than");
    case "too_big":
      return outOfBounds(issue, issue.maximum, issue.exact ? "exactly" : issue.inclusive ? "at most" : "less than");
    default:
      // The input schemas raise no other codes. zod's default messages do not contain the value either.
      return undefined;
  }
};

/** Describes a value's type without its content: `a string`, `null`, `a list`. */
function kindOf(value: unknown): string {
  if (value === null || value === undefined || Number.isNaN(value)) return String(value);
  if (value === Infinity || value === -Infinity) return "an infinite number";
  if (Array.isArray(value)) return "a list";
  if (isAsset(value)) return "an asset";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}

const TYPES: Record<string, string> = {
  array: "a list",
  object: "an object",
  record: "an object",
  int: "a whole number",
};

function typeOf({ inst, expected }: Issue & { code: "invalid_type" }): string {
  if (inst instanceof z.ZodType && inst.meta()?.shorthand) return "a path, an asset or an object";
  return TYPES[expected] ?? `a ${expected}`;
}

/** Describes a value that is out of bounds: the length of a string or a list, but never a number's value. */
function outOfBounds({ origin, input }: Issue & { code: "too_small" | "too_big" }, bound: unknown, limit: string) {
  if (typeof input !== "string" && !Array.isArray(input)) {
    return `expected ${origin === "int" ? "a whole number" : "a number"} that is ${limit} ${bound}, got a number out of range`;
  }
  const unit = typeof input === "string" ? "character" : "element";
  return `expected ${limit} ${bound} ${unit}${bound === 1 ? "" : "s"}, got ${input.length || "none"}`;
}

/** `"a", "b" or "c"` */
const oneOf = (values: readonly unknown[]) =>
  values
    .map((value) => JSON.stringify(value))
    .join(", ")
    .replace(/, (?=[^,]*$)/, " or ");
