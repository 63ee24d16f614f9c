import { resolve } from "node:path";
import { recipePython } from "../server/src/trainers/process/recipe";
import { command, mocha } from "./command";
import type { Counts } from "./mochaReporter";

const root = resolve(__dirname, "..");
const server = resolve(root, "server/bin/mistral-fine-tuning-server.js");

/** Makes the recipe's environment, with what its tests need; at once where it is there. @returns whether it is there now */
export async function setUpRecipe(withinMs?: number): Promise<boolean> {
  const options = withinMs === undefined ? {} : { timeout: withinMs };
  const { failed } = await command("node", [server, "setup", "--extra", "ray", "--extra", "test"], options);
  return failed === 0;
}

/** The recipe's own tests, and those that train through the server. */
export async function testTrainings(files: readonly string[]): Promise<Counts> {
  const recipe = await command(recipePython(), ["-m", "pytest"], { cwd: resolve(root, "server/recipes/trl") });
  const counts = await mocha(files);
  return { ...counts, failed: counts.failed + recipe.failed };
}
