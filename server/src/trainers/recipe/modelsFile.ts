import { dirname, resolve } from "node:path";
import { z } from "zod";
import { ConfigFile } from "../configFile";

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
  const config = new ConfigFile(path, "the models file");
  const { defaults, models } = config.content(file);
  return new Map(
    Object.entries(models).map(([name, model]) => {
      const merged = merge(defaults, typeof model === "string" ? { path: model } : model);
      const known = config.check(entry, merged, ["models", name]);
      return [name, { ...known, path: resolveModelPath(known.path, path) }];
    }),
  );
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

function resolveModelPath(path: string, file: string): string {
  return path.startsWith(".") ? resolve(dirname(file), path) : path;
}
