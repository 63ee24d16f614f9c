import { resolve } from "node:path";
import { recipePython } from "../../server/src/trainers/recipe/recipe";
import { command, root } from "./command";
import { type Counts, sum } from "./counts";
import { mocha } from "./mocha";
import { suites } from "./suites";

const server = resolve(root, "server/bin/mistral-fine-tuning-server.js");

/**
 * Creates the Python environment of the recipe, with the packages that its tests need. Returns immediately when the environment exists.
 *
 * @throws {Error} when the set-up fails; the reason is printed before
 */
export async function setUpRecipe(): Promise<void> {
  const { failed } = await command("node", [server, "setup", "--extra", "ray", "--extra", "test"]);
  if (failed > 0) throw new Error("The recipe's Python environment could not be set up. The reason is printed above.");
}

/**
 * Runs real trainings, after `setUpRecipe`: the recipe's own tests, and at the same time the tests that train through a server.
 * Each of the two uses about one core.
 */
export async function trainings(): Promise<Counts> {
  const recipe = { cwd: resolve(root, "server/recipes/trl"), buffered: true };
  return sum(await Promise.all([command(recipePython(), ["-m", "pytest"], recipe), mocha(suites.training.files)]));
}
