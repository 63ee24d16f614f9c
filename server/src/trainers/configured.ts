import type { Trainer, TrainerName } from "../domain/trainer";
import { UsageError } from "../http/errors";
import type { SecretStore } from "../store/secrets";
import { ProcessTrainer } from "./process/processTrainer";
import { RayClient } from "./ray/rayClient";
import { readRayConfig } from "./ray/rayConfig";
import { RayTrainer } from "./ray/rayTrainer";
import { readModelsFile } from "./recipe/modelsFile";
import { recipeCommand } from "./recipe/recipe";
import { SimulatedTrainer } from "./simulated/simulatedTrainer";

/** What the trainers are told on the command line. */
export interface TrainerOptions {
  /** Which one trains new jobs: `simulated` by default. */
  trainer?: TrainerName;
  /** How many times faster than real time trainings are simulated: 50 by default. */
  speed?: number;
  /** The models file: needed by `process` and `ray`. */
  models?: string;
  /** `process`, `ray`: the command that trains, a line for the shell; the shipped recipe by default. */
  recipe?: string;
  /** `process`: how many trainings run at a time; 1 by default. */
  maxJobs?: number;
  /** `process`, `ray`: seconds without progress after which a program is ended and launched again; 1800 by default. */
  hangTimeout?: number;
  /** `ray`: the URL of the cluster's dashboard; http://127.0.0.1:8265 by default. */
  rayAddress?: string;
  /** `ray`: headers of every request to it, such as one with a token. */
  rayHeaders?: Record<string, string>;
  /** `ray`: the file that says what a job takes of the cluster. */
  rayConfig?: string;
  /** `process`, `ray`: seconds that a cancelled program may take to end before it is killed; 30 by default. */
  cancelGrace?: number;
}

export const DEFAULT_SPEED = 50;
export const DEFAULT_MAX_JOBS = 1;
export const DEFAULT_HANG_TIMEOUT = 1800;
export const DEFAULT_RAY_ADDRESS = "http://127.0.0.1:8265";
export const DEFAULT_CANCEL_GRACE = 30;

/**
 * The trainers of a server, by their names. The simulated one is always among them, so that a job that it had begun ends.
 *
 * @throws {UsageError} when the chosen one cannot work: it says what is missing
 */
export function configureTrainers(
  options: TrainerOptions,
  dataDir: string,
  secrets: SecretStore,
): ReadonlyMap<TrainerName, Trainer> {
  const { trainer = "simulated", speed = DEFAULT_SPEED, maxJobs = DEFAULT_MAX_JOBS } = options;
  const trainers: Trainer[] = [new SimulatedTrainer(speed)];
  if (trainer === "process") {
    if (process.platform === "win32") {
      throw new UsageError(
        "--trainer process needs process groups, which Windows does not have; use WSL or a container",
      );
    }
    const models = readModelsFile(modelsPath(options));
    const command = recipeCommand(options.recipe);
    const { hangTimeout = DEFAULT_HANG_TIMEOUT, cancelGrace = DEFAULT_CANCEL_GRACE } = options;
    trainers.push(new ProcessTrainer({ dataDir, models, secrets, command, maxJobs, hangTimeout, cancelGrace }));
  }
  if (trainer === "ray") {
    const models = readModelsFile(modelsPath(options));
    const command = recipeCommand(options.recipe);
    const { hangTimeout = DEFAULT_HANG_TIMEOUT, cancelGrace = DEFAULT_CANCEL_GRACE } = options;
    const client = new RayClient(options.rayAddress ?? DEFAULT_RAY_ADDRESS, options.rayHeaders);
    const resources = readRayConfig(options.rayConfig);
    trainers.push(new RayTrainer({ dataDir, models, secrets, command, hangTimeout, cancelGrace, client, resources }));
  }
  return new Map(trainers.map((each) => [each.name, each]));
}

function modelsPath({ trainer, models }: TrainerOptions): string {
  if (models === undefined) {
    throw new UsageError(
      `--trainer ${trainer} needs --models FILE, which says which model is meant by each name: ` +
        "models: {open-mistral-7b: mistralai/Mistral-7B-v0.3}",
    );
  }
  return models;
}
