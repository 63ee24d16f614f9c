import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { basename, dirname, join } from "node:path";
import { UsageError } from "../../domain/errors";

/** The folder of the included recipe. */
const RECIPE = join(__dirname, "../../../recipes/trl");
const PYTHON = join("bin", "python");

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
  const python = installedPython();
  if (python === undefined) {
    throw new UsageError(
      `the recipe's Python environment is not set up: ${recipePython()} does not exist. ` +
        "Run `mistral-fine-tuning-server setup`, or pass your own command with --recipe",
    );
  }
  return [python, recipeFile("train.py")];
}

/**
 * Returns Python of the recipe's environment, or of the newest environment of an earlier release: an upgraded server must
 * find its running jobs again before anyone runs `setup`. Undefined when there is no environment.
 */
function installedPython(): string | undefined {
  const current = recipePython();
  if (existsSync(current)) return current;
  const folder = environmentsFolder();
  if (!existsSync(folder)) return undefined;
  return readdirSync(folder)
    .filter((name) => name.startsWith("recipe-"))
    .map((name) => join(folder, name, PYTHON))
    .filter((python) => existsSync(python))
    .sort((one, other) => statSync(dirname(other)).mtimeMs - statSync(dirname(one)).mtimeMs)[0];
}

/** Returns the path of a file of the included recipe. */
export const recipeFile = (name: string): string => join(RECIPE, name);

/**
 * Returns the path of Python in the environment that `setup_env.py` has created last for this version of
 * requirements.txt: the default environment, or one with PyTorch from another index (`setup --torch-index`).
 */
export function recipePython(): string {
  const requirements = readFileSync(recipeFile("requirements.txt"), "utf8").replaceAll("\r\n", "\n");
  const hash = createHash("sha256").update(requirements).digest("hex").slice(0, 12);
  const name = `recipe-${hash}`;
  const selected = selectedEnvironment(name);
  return selected ?? join(environmentsFolder(), name, PYTHON);
}

/** Reads the file in which `setup_env.py` stores the environment that it has set up last. */
function selectedEnvironment(name: string): string | undefined {
  const selection = join(environmentsFolder(), `${name}.selected`);
  if (!existsSync(selection)) return undefined;
  const python = join(environmentsFolder(), basename(readFileSync(selection, "utf8").trim()), PYTHON);
  return existsSync(python) ? python : undefined;
}

function environmentsFolder(): string {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "pulumi-mistral");
}
