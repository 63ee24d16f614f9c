import type { TrainerDescriptor } from "../descriptor";
import { diagnoseRecipeOptions, type RecipeOptions, recipeFlags, resolveRecipe } from "../recipe/recipeOptions";
import { rayAddress, rayHeaders } from "./connectionOptions";
import { diagnoseRay } from "./diagnoseRay";
import { RayClient } from "./rayClient";
import { readRayConfig } from "./rayConfig";
import { RayTrainer } from "./rayTrainer";

export interface RayOptions extends RecipeOptions {
  /** The URL of the cluster's dashboard; http://127.0.0.1:8265 by default. */
  rayAddress?: string;
  /** Headers of every request to the cluster, for example with a token. */
  rayHeaders?: Record<string, string>;
  /** Path of the file with the resources that jobs request from the cluster. */
  rayConfig?: string;
}

const NAME = "ray";
const DEFAULT_RAY_ADDRESS = "http://127.0.0.1:8265";

export const rayTrainer: TrainerDescriptor<RayOptions, typeof NAME> = {
  name: NAME,
  description: ["trains like `process`, on a Ray cluster; every node must mount --data at the same path"],
  startupMessage: "Training happens on a Ray cluster.",
  flags: [
    ...recipeFlags,
    {
      name: "ray-address",
      value: "URL",
      help: [`URL of the Ray dashboard (default: ${DEFAULT_RAY_ADDRESS})`],
      option: "rayAddress",
      default: DEFAULT_RAY_ADDRESS,
      parse: rayAddress,
    },
    {
      name: "ray-config",
      value: "FILE",
      help: ["resources that jobs request from the cluster, in JSON or YAML"],
      option: "rayConfig",
    },
  ],
  readEnvironment: (env) => ({ rayHeaders: rayHeaders(env) }),
  create(options, { dataDir, secrets }) {
    const client = new RayClient(options.rayAddress ?? DEFAULT_RAY_ADDRESS, options.rayHeaders);
    const resources = readRayConfig(options.rayConfig);
    return new RayTrainer({ ...resolveRecipe(NAME, options), dataDir, secrets, client, resources });
  },
  diagnose: async (options) => [
    ...(await diagnoseRecipeOptions(NAME, options, false)),
    ...(await diagnoseRay({ rayAddress: DEFAULT_RAY_ADDRESS, ...options })),
  ],
};
