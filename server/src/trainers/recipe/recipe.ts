import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { UsageError } from "../../domain/errors";

/** The folder of the included recipe. */
const RECIPE = join(__dirname, "../../../recipes/trl");

/**
 * Returns the training command. The caller appends the path of the job's folder.
 *
 * @param line a shell command from the user; the included recipe by default
 * @throws {UsageError} when the Python environment of the included recipe is missing
 */
export function recipeCommand(line: string | undefined): string[] {
  if (line !== undefined) {
    return ["/bin/sh", "-c", `${line} "$@"`, "sh"];
  }
  const python = recipePython();
  if (!existsSync(python)) {
    throw new UsageError(
      `the recipe's Python environment is not set up: ${python} does not exist. ` +
        "Run `mistral-fine-tuning-server setup`, or pass your own command with --recipe",
    );
  }
  return [python, recipeFile("train.py")];
}

/** Returns the path of a file of the included recipe. */
export const recipeFile = (name: string): string => join(RECIPE, name);

/**
 * Returns the path of Python in the environment that `setup_env.py` creates: one environment per version of
 * requirements.txt.
 */
export function recipePython(): string {
  const requirements = readFileSync(recipeFile("requirements.txt"), "utf8").replaceAll("\r\n", "\n");
  const hash = createHash("sha256").update(requirements).digest("hex").slice(0, 12);
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), ".cache");
  return join(cache, "pulumi-mistral", `recipe-${hash}`, "bin", "python");
}
