import { readFileSync } from "node:fs";
import { parse } from "yaml";
import type { z } from "zod";
import { UsageError } from "../domain/errors";

/** A configuration file of the server, in JSON or YAML. Errors name the invalid field. */
export class ConfigFile {
  private readonly parsed: unknown;

  /**
   * @param description the name of the file in messages: `the models file`
   * @throws {UsageError} when the file cannot be read or parsed
   */
  constructor(
    readonly path: string,
    readonly description: string,
  ) {
    try {
      this.parsed = parse(readFileSync(path, "utf8"));
    } catch (error) {
      throw new UsageError(`cannot read ${description} ${path}: ${(error as Error).message.split("\n", 1)[0]}`);
    }
  }

  /** Returns the whole file. @throws {UsageError} that names the invalid field */
  content<Schema extends z.ZodType>(schema: Schema): z.output<Schema> {
    return this.check(schema, this.parsed, []);
  }

  /**
   * Validates a value from the file.
   *
   * @param keyPath the keys that lead to the value
   * @throws {UsageError} that names the invalid field
   */
  check<Schema extends z.ZodType>(schema: Schema, value: unknown, keyPath: string[]): z.output<Schema> {
    const result = schema.safeParse(value);
    if (result.success) {
      return result.data;
    }
    const [issue] = result.error.issues as [z.core.$ZodIssue];
    const field = [...keyPath, ...issue.path].join(".") || "the file";
    throw new UsageError(`${this.description} ${this.path}: ${field}: ${issue.message}`);
  }
}
