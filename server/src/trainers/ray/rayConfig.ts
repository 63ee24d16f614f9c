import { z } from "zod";
import { ConfigFile } from "../configFile";

const amount = z.number().min(0);

const resources = z.strictObject({
  /** Per worker. With several workers, the program itself requests nothing: it only waits for the workers. */
  num_cpus: amount.optional(),
  num_gpus: amount.optional(),
  /** Bytes. */
  memory: amount.optional(),
  /** Custom resources of the cluster: `{a100: 1}`. */
  resources: z.record(z.string().min(1), amount).optional(),
  /** Several workers train data-parallel through Ray Train. */
  workers: z.int().min(1).max(10_000).default(1),
  /** Ray's runtime environment: `pip`, `image_uri`, `env_vars`, … */
  runtime_env: z.looseObject({ env_vars: z.record(z.string(), z.string()).optional() }).default({}),
  /** The Python command on the nodes that runs the launcher: 3.8 or later. */
  python: z.string().min(1).default("python3"),
});
/** The resources that a job requests from a cluster. */
export type Resources = z.output<typeof resources>;

const file = z.strictObject({
  defaults: z.looseObject({}).default({}),
  models: z.record(z.string().min(1), z.looseObject({})).default({}),
});

/** Returns the resources for jobs of a base model. */
export type ResourcesOf = (model: string) => Resources;

/**
 * Reads a Ray config file, JSON or YAML: `{defaults: {num_gpus: 1}, models: {open-mistral-7b: {num_gpus: 2}}}`.
 * `defaults` apply to every field that a model does not set. Without a file, Ray's own defaults apply: no CPU, no GPU,
 * head node.
 *
 * @throws {UsageError} that names the invalid field
 */
export function readRayConfig(path: string | undefined): ResourcesOf {
  if (path === undefined) {
    return () => resources.parse({});
  }
  const config = new ConfigFile(path, "the Ray config file");
  const { defaults, models } = config.content(file);
  const otherModels = config.check(resources, defaults, ["defaults"]);
  const byModel = new Map(
    Object.entries(models).map(([name, model]) => [
      name,
      config.check(resources, { ...defaults, ...model }, ["models", name]),
    ]),
  );
  return (model) => byModel.get(model) ?? otherModels;
}
