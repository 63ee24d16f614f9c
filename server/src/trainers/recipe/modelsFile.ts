import { dirname, resolve } from "node:path";
import { z } from "zod";
import { Price } from "#common/price";
import { ConfigFile } from "../configFile";

const entry = z.looseObject({
  /** A folder, or a model ID on the Hugging Face hub. */
  path: z.string().min(1),
  seed: z.int().min(0).optional(),
  /** The GPUs of a training by the trainer `process`; 1 by default. */
  gpus: z.int().min(1).optional(),
  /** The price that the server reports for trainings. Without a price, jobs have no cost. */
  price: Price.extend({ currency: z.string().regex(/^[A-Z]{3}$/, "Must be an ISO 4217 code such as EUR") })
    .strict()
    .optional(),
});

/** A base model and its training settings. The training program reads the fields that the server does not define. */
export type BaseModelEntry = z.output<typeof entry>;

const file = z.strictObject({
  defaults: z.looseObject({}).default({}),
  models: z.record(z.string().min(1), z.union([z.string().min(1), z.looseObject({})])),
});

/** The models file: base models by the model names of the API. */
export type ModelsFile = ReadonlyMap<string, BaseModelEntry>;

/**
 * Reads a models file, JSON or YAML. The file's `defaults` are merged into each entry, one level deep: `lora: {alpha:
 * 8}` keeps the default `r`. A path that begins with `.` is relative to the file.
 *
 * @throws {UsageError} that names the invalid field
 */
export function readModelsFile(path: string): ModelsFile {
  const config = new ConfigFile(path, "the models file");
  const { defaults, models } = config.content(file);
  return new Map(
    Object.entries(models).map(([name, model]) => {
      const merged = merge(defaults, typeof model === "string" ? { path: model } : model);
      const checked = config.check(entry, merged, ["models", name]);
      return [name, { ...checked, path: resolveModelPath(checked.path, path) }];
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
