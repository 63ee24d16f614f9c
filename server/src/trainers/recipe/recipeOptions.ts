import { UsageError } from "../../domain/errors";
import type { Diagnosis } from "../descriptor";
import { type Flag, positiveNumber } from "../flags";
import { diagnoseModels, diagnoseRecipe } from "./diagnoseRecipe";
import { type ModelsFile, readModelsFile } from "./modelsFile";
import { recipeCommand } from "./recipe";

/** The options of every trainer that runs a training program. */
export interface RecipeOptions {
  /** Path of the models file. Required. */
  models?: string;
  /** The command that trains, a line for the shell; the shipped recipe by default. */
  recipe?: string;
  /** Seconds without progress after which a program is killed and launched again; 1800 by default. */
  hangTimeout?: number;
  /** Seconds that a cancelled program may take to exit before it is killed; 30 by default. */
  cancelGrace?: number;
}

const DEFAULT_HANG_TIMEOUT = 1800;
const DEFAULT_CANCEL_GRACE = 30;

export const recipeFlags: readonly Flag<RecipeOptions>[] = [
  {
    name: "models",
    value: "FILE",
    help: ["which model each name of the API means, in JSON or YAML; process, ray need it"],
    option: "models",
  },
  {
    name: "recipe",
    value: "COMMAND",
    help: ["the program that trains, instead of the shipped recipe: it is given a folder"],
    option: "recipe",
  },
  {
    name: "hang-timeout",
    value: "N",
    help: [`seconds without progress after which a program is ended (${DEFAULT_HANG_TIMEOUT})`],
    option: "hangTimeout",
    default: String(DEFAULT_HANG_TIMEOUT),
    parse: positiveNumber,
  },
  {
    name: "cancel-grace",
    value: "N",
    help: [`seconds that a cancelled program may take to end (${DEFAULT_CANCEL_GRACE})`],
    option: "cancelGrace",
    default: String(DEFAULT_CANCEL_GRACE),
    parse: positiveNumber,
  },
];

/** The options as the trainers take them. */
export interface ResolvedRecipe {
  models: ModelsFile;
  /** The program and its arguments; the path of the job's folder follows them. */
  command: readonly string[];
  /** Seconds. */
  hangTimeout: number;
  /** Seconds. */
  cancelGrace: number;
}

/** @throws {UsageError} when the models file or the recipe's environment is missing or invalid */
export function resolveRecipe(trainer: string, options: RecipeOptions): ResolvedRecipe {
  const { models, recipe, hangTimeout = DEFAULT_HANG_TIMEOUT, cancelGrace = DEFAULT_CANCEL_GRACE } = options;
  if (models === undefined) {
    throw new UsageError(
      `--trainer ${trainer} needs --models FILE, which says which model is meant by each name: ` +
        "models: {open-mistral-7b: mistralai/Mistral-7B-v0.3}",
    );
  }
  return { models: readModelsFile(models), command: recipeCommand(recipe), hangTimeout, cancelGrace };
}

/** Checks the models file, and the program that trains. */
export async function diagnoseRecipeOptions(trainer: string, { models, recipe }: RecipeOptions): Promise<Diagnosis[]> {
  return [
    ...(models === undefined
      ? [{ level: "failed" as const, what: "models file", text: `--trainer ${trainer} needs one: give --models FILE` }]
      : diagnoseModels(models)),
    ...(await diagnoseRecipe(recipe)),
  ];
}
