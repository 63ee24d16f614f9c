import { dirname, resolve } from "node:path";
import { z } from "zod";
import { Price } from "#common/price";
import { Keep } from "../../domain/evaluation";
import { ConfigFile } from "../configFile";

const price = Price.extend({
  currency: z.string().regex(/^[A-Z]{3}$/, "Must be an ISO 4217 code such as EUR"),
}).strict();

/** The fields of an entry that the server reads. */
export const modelEntry = z.looseObject({
  path: z.string().min(1).meta({
    description:
      "A folder, or a model ID on the Hugging Face hub. A path that begins with `.` is relative to the file.",
  }),
  seed: z.int().min(0).optional().meta({ description: "Seed of the training. Default: 42." }),
  gpus: z.int().min(1).optional().meta({
    description: "Number of GPUs of a training on one machine, with the trainer `process`. Default: 1.",
  }),
  keep: Keep.optional().meta({
    description:
      "Which checkpoint becomes the model of a job with validation data: `best`, the one with the lowest validation loss, or `last`. A job can set another value. Default: `best`.",
  }),
  price: price.optional().meta({
    description:
      "Price of trainings, `{per_million_tokens, currency}`, which the server reports as the cost of a job. Without a price, jobs have no cost.",
  }),
});

/** A base model and its training settings. The training program reads the fields that the server does not define. */
export type BaseModelEntry = z.output<typeof modelEntry>;

/** The content of a models file. */
export const modelsFile = z.strictObject({
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
  const { defaults, models } = config.content(modelsFile);
  return new Map(
    Object.entries(models).map(([name, model]) => {
      const merged = merge(defaults, typeof model === "string" ? { path: model } : model);
      const checked = config.check(modelEntry, merged, ["models", name]);
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
