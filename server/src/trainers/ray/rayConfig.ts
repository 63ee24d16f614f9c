import { z } from "zod";
import { ConfigFile } from "../configFile";

const amount = z.number().min(0);

const resources = z.strictObject({
  /** For each worker. With several, the program itself has none: it only waits for them. */
  num_cpus: amount.optional(),
  num_gpus: amount.optional(),
  /** Bytes. */
  memory: amount.optional(),
  /** The cluster's own: `{a100: 1}`. */
  resources: z.record(z.string().min(1), amount).optional(),
  /** More than one train data-parallel, through Ray Train. */
  workers: z.int().min(1).max(10_000).default(1),
  /** Ray's: `pip`, `image_uri`, `env_vars`, … */
  runtime_env: z.looseObject({ env_vars: z.record(z.string(), z.string()).optional() }).default({}),
  /** The Python of the nodes that runs the launcher: 3.8 or later. */
  python: z.string().min(1).default("python3"),
});
/** What a job takes of a cluster. */
export type Resources = z.output<typeof resources>;

const file = z.strictObject({
  defaults: z.looseObject({}).default({}),
  models: z.record(z.string().min(1), z.looseObject({})).default({}),
});

/** Says what a job of a model takes. */
export type ResourcesOf = (model: string) => Resources;

/**
 * Reads a file of resources, JSON or YAML: `{defaults: {num_gpus: 1}, models: {open-mistral-7b: {num_gpus: 2}}}`. What a
 * model has not is taken from the defaults. Without a file, Ray's own defaults hold: no CPU, no GPU, on the head node.
 *
 * @throws {UsageError} that says which field is wrong
 */
export function readRayConfig(path: string | undefined): ResourcesOf {
  if (path === undefined) {
    return () => resources.parse({});
  }
  const config = new ConfigFile(path, "the Ray config file");
  const { defaults, models } = config.content(file);
  const rest = config.check(resources, defaults, ["defaults"]);
  const byModel = new Map(
    Object.entries(models).map(([name, model]) => [
      name,
      config.check(resources, { ...defaults, ...model }, ["models", name]),
    ]),
  );
  return (model) => byModel.get(model) ?? rest;
}
