import { UsageError } from "../../domain/errors";
import type { TrainerDescriptor } from "../descriptor";
import { integer } from "../flags";
import { diagnoseRecipeOptions, type RecipeOptions, recipeFlags, resolveRecipe } from "../recipe/recipeOptions";
import { findGpus } from "./gpus";
import { ProcessTrainer } from "./processTrainer";

export interface ProcessOptions extends RecipeOptions {
  /** Maximum number of trainings that run at the same time; 1 by default. */
  maxJobs?: number;
}

const NAME = "process";
const DEFAULT_MAX_JOBS = 1;

export const processTrainer: TrainerDescriptor<ProcessOptions, typeof NAME> = {
  name: NAME,
  description: ["trains on this machine, with the included recipe or your own program"],
  startupMessage: "Training happens on this machine.",
  flags: [
    ...recipeFlags,
    {
      name: "max-jobs",
      value: "N",
      help: [
        `maximum number of trainings that run at the same time (default: ${DEFAULT_MAX_JOBS});`,
        "other jobs are queued. Each training has its own GPUs",
      ],
      option: "maxJobs",
      default: String(DEFAULT_MAX_JOBS),
      parse: integer(1, 1000),
    },
  ],
  create(options, { dataDir, secrets }) {
    if (process.platform === "win32") {
      throw new UsageError(
        "--trainer process needs process groups, which Windows does not have; use WSL or a container",
      );
    }
    const { maxJobs = DEFAULT_MAX_JOBS } = options;
    return new ProcessTrainer({ ...resolveRecipe(NAME, options), dataDir, secrets, maxJobs, gpus: findGpus() });
  },
  diagnose: (options) => diagnoseRecipeOptions(NAME, options, true),
};
