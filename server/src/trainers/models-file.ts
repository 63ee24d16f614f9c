import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { UsageError } from "../errors";

const entry = z.looseObject({
  /** A folder, or an id on the Hugging Face hub. */
  path: z.string().min(1),
  seed: z.int().min(0).optional(),
  /** What users of the server are told that a training costs; without it, jobs have no cost. */
  price: z
    .strictObject({
      per_million_tokens: z.number().min(0),
      currency: z.string().regex(/^[A-Z]{3}$/, "Must be ISO 4217"),
    })
    .optional(),
});

/** A model that can be trained, and how. Fields that this server does not know are the training program's. */
export type BaseModelEntry = z.output<typeof entry>;

const file = z.strictObject({
  defaults: z.looseObject({}).default({}),
  models: z.record(z.string().min(1), z.union([z.string().min(1), z.looseObject({})])),
});

/** The models file: which model is meant by each of the API's names. */
export type ModelsFile = ReadonlyMap<string, BaseModelEntry>;

/**
 * Reads a models file, JSON or YAML. Each entry gets the file's `defaults`, one level deep (`lora: {alpha: 8}` keeps the
 * default `r`), and a relative path that begins with `.` is relative to the file.
 *
 * @throws {UsageError} that says which field is wrong
 */
export function readModelsFile(path: string): ModelsFile {
  let content: unknown;
  try {
    content = parse(readFileSync(path, "utf8"));
  } catch (error) {
    throw new UsageError(`cannot read the models file ${path}: ${(error as Error).message.split("\n", 1)[0]}`);
  }
  const { defaults, models } = check(path, file, content, []);
  return new Map(
    Object.entries(models).map(([name, model]) => {
      const merged = merge(defaults, typeof model === "string" ? { path: model } : model);
      const known = check(path, entry, merged, ["models", name]);
      return [name, { ...known, path: locate(known.path, path) }];
    }),
  );
}

function check<Schema extends z.ZodType>(path: string, schema: Schema, value: unknown, at: string[]): z.output<Schema> {
  const result = schema.safeParse(value);
  if (result.success) {
    return result.data;
  }
  const [issue] = result.error.issues as [z.core.$ZodIssue];
  throw new UsageError(`the models file ${path}: ${[...at, ...issue.path].join(".") || "the file"}: ${issue.message}`);
}

function merge(defaults: Record<string, unknown>, model: Record<string, unknown>): Record<string, unknown> {
  const merged: Record<string, unknown> = { ...defaults };
  for (const [name, value] of Object.entries(model)) {
    const base = merged[name];
    merged[name] = isObject(base) && isObject(value) ? { ...base, ...value } : value;
  }
  return merged;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function locate(path: string, file: string): string {
  return path.startsWith(".") ? resolve(dirname(file), path) : path;
}
