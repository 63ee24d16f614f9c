import type { z } from "zod";
import { UnprocessableError, type Violation } from "../errors";

/**
 * Validates one part of a request.
 *
 * @throws {UnprocessableError} with all violations. No message contains a value, so no secret appears in a reply.
 */
export function parse<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  part: "body" | "query" | "header",
): z.output<Schema> {
  const result = schema.safeParse(value);
  if (result.success) {
    return result.data;
  }
  throw new UnprocessableError(result.error.issues.flatMap((issue) => toViolations(issue, part)));
}

function toViolations(issue: z.core.$ZodIssue, part: string): Violation[] {
  const loc = [part, ...issue.path.map((key) => (typeof key === "number" ? key : String(key)))];
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => ({ loc: [...loc, key], msg: "Unknown field", type: "extra_forbidden" }));
  }
  if (issue.message.endsWith("received undefined")) {
    return [{ loc, msg: "Field required", type: "missing" }];
  }
  return [{ loc, msg: issue.message, type: issue.code === "custom" ? "value_error" : issue.code }];
}
