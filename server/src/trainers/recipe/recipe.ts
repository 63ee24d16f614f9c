import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { UsageError } from "../../domain/errors";

/** The recipe that comes with the server. */
const RECIPE = join(__dirname, "../../../recipes/trl");

/**
 * The command that trains, to which the folder's path is added.
 *
 * @param line the user's own, for the shell; without it, the shipped recipe's
 * @throws {UsageError} when the shipped recipe's environment is not set up: it says what to do
 */
export function recipeCommand(line: string | undefined): string[] {
  if (line !== undefined) {
    return ["/bin/sh", "-c", `${line} "$@"`, "sh"];
  }
  const python = recipePython();
  if (!existsSync(python)) {
    throw new UsageError(
      `the recipe's Python environment is not set up: there is no ${python}. ` +
        "Run `mistral-fine-tuning-server setup`, or give a command of your own with --recipe",
    );
  }
  return [python, recipeFile("train.py")];
}

/** A file of the shipped recipe. */
export const recipeFile = (name: string): string => join(RECIPE, name);

/** Where `setup_env.py` puts the Python of the recipe's environment: one for each list of requirements. */
export function recipePython(): string {
  const requirements = readFileSync(recipeFile("requirements.txt"), "utf8").replaceAll("\r\n", "\n");
  const hash = createHash("sha256").update(requirements).digest("hex").slice(0, 12);
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), ".cache");
  return join(cache, "pulumi-mistral", `recipe-${hash}`, "bin", "python");
}
