import { readFileSync } from "node:fs";
import { parse } from "yaml";
import type { z } from "zod";
import { UsageError } from "../domain/errors";

/** A file of the server's own, JSON or YAML, whose mistakes are told with the field that has them. */
export class ConfigFile {
  private readonly parsed: unknown;

  /**
   * @param what how users know it: `the models file`
   * @throws {UsageError} when it cannot be read
   */
  constructor(
    readonly path: string,
    readonly what: string,
  ) {
    try {
      this.parsed = parse(readFileSync(path, "utf8"));
    } catch (error) {
      throw new UsageError(`cannot read ${what} ${path}: ${(error as Error).message.split("\n", 1)[0]}`);
    }
  }

  /** All that is in it. @throws {UsageError} that says which field is wrong */
  content<Schema extends z.ZodType>(schema: Schema): z.output<Schema> {
    return this.check(schema, this.parsed, []);
  }

  /** A value from the file. @param at the names that lead to it */
  check<Schema extends z.ZodType>(schema: Schema, value: unknown, at: string[]): z.output<Schema> {
    const result = schema.safeParse(value);
    if (result.success) {
      return result.data;
    }
    const [issue] = result.error.issues as [z.core.$ZodIssue];
    const field = [...at, ...issue.path].join(".") || "the file";
    throw new UsageError(`${this.what} ${this.path}: ${field}: ${issue.message}`);
  }
}
