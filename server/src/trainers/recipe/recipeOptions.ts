import { UsageError } from "../../domain/errors";
import type { Diagnosis } from "../descriptor";
import { type Flag, positiveNumber } from "../flags";
import { type ProgramEnvironment, programEnvironment } from "../program/command/environment";
import { diagnoseProgram, diagnoseRecipe } from "./diagnoseRecipe";
import { type ModelsFile, readModelsFile } from "./modelsFile";
import { recipeCommand } from "./recipe";

/** The options of every trainer that runs a training program. */
export interface RecipeOptions {
  /** Path of the models file. Required. */
  models?: string;
  /** The training command, a shell command; the included recipe by default. */
  recipe?: string;
  /** Seconds without progress after which a program is killed and relaunched; 1800 by default. */
  hangTimeout?: number;
  /** Seconds between SIGTERM and SIGKILL when a job is cancelled; 30 by default. */
  cancelGrace?: number;
  /**
   * The environment variables that training programs inherit, besides a few such as `PATH`; `NCCL_*` matches all that
   * begin with `NCCL_`. By default all, except for the server's own secrets and the variables of systemd.
   */
  trainerEnv?: readonly string[];
}

const DEFAULT_HANG_TIMEOUT = 1800;
const DEFAULT_CANCEL_GRACE = 30;

export const recipeFlags: readonly Flag<RecipeOptions>[] = [
  {
    name: "models",
    value: "FILE",
    help: ["JSON or YAML file that maps each API model name to a base model;", "required for process and ray"],
    option: "models",
  },
  {
    name: "recipe",
    value: "COMMAND",
    help: ["training command to run instead of the included recipe;", "receives the job folder as its last argument"],
    option: "recipe",
  },
  {
    name: "hang-timeout",
    value: "N",
    help: [`seconds without progress after which a program is killed (default: ${DEFAULT_HANG_TIMEOUT})`],
    option: "hangTimeout",
    default: String(DEFAULT_HANG_TIMEOUT),
    parse: positiveNumber,
  },
  {
    name: "cancel-grace",
    value: "N",
    help: [`seconds that a cancelled program may take to exit (default: ${DEFAULT_CANCEL_GRACE})`],
    option: "cancelGrace",
    default: String(DEFAULT_CANCEL_GRACE),
    parse: positiveNumber,
  },
  {
    name: "trainer-env",
    value: "NAME[,NAME]",
    help: [
      "environment variables that training programs inherit, besides a few such as PATH;",
      "NCCL_* for all that begin with NCCL_ (default: all, except for secrets of the server)",
    ],
    option: "trainerEnv",
    parse: variableNames,
  },
];

/** @throws {UsageError} when a name is invalid */
function variableNames(text: string, flag: string): string[] {
  return text.split(",").map((each) => {
    const name = each.trim();
    if (!/^[A-Za-z_][A-Za-z0-9_]*\*?$/.test(name)) {
      throw new UsageError(`${flag} takes names of environment variables, separated by commas, not ${each}`);
    }
    return name;
  });
}

/** The options with defaults applied and the models file read. */
export interface ResolvedRecipe {
  models: ModelsFile;
  /** The program and its arguments. The trainer appends the path of the job's folder. */
  command: readonly string[];
  environment: ProgramEnvironment;
  /** In seconds. */
  hangTimeout: number;
  /** In seconds. */
  cancelGrace: number;
}

/**
 * Applies the defaults and reads the models file. @throws {UsageError} when the models file or the recipe's environment
 * is missing or invalid
 */
export function resolveRecipe(trainer: string, options: RecipeOptions): ResolvedRecipe {
  const { models, recipe, hangTimeout = DEFAULT_HANG_TIMEOUT, cancelGrace = DEFAULT_CANCEL_GRACE } = options;
  if (models === undefined) {
    throw new UsageError(
      `--trainer ${trainer} needs --models FILE, a file with the base models, for example ` +
        "models: {open-mistral-7b: mistralai/Mistral-7B-v0.3}",
    );
  }
  const environment = programEnvironment(options.trainerEnv);
  return { models: readModelsFile(models), command: recipeCommand(recipe), environment, hangTimeout, cancelGrace };
}

/** Checks the models file, the training program and its models. @param trainsHere see `diagnoseRecipe` */
export async function diagnoseRecipeOptions(
  trainer: string,
  { models, recipe }: RecipeOptions,
  trainsHere: boolean,
): Promise<Diagnosis[]> {
  if (models !== undefined) {
    return diagnoseRecipe(models, recipe, trainsHere);
  }
  const text = `--trainer ${trainer} needs a models file: pass --models FILE`;
  return [{ level: "failed", subject: "models file", text }, ...(await diagnoseProgram(recipe)).checks];
}
