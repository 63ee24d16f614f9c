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

/** Tests that take minutes each: their whole is `npm run test:training`'s. */
const LONG = { recipe: ["--ignore", "tests/test_parallel.py"], server: ["--ignore", "test/training/kills.test.ts"] };

/** The recipe's own tests, and those that train through the server. */
export async function testTrainings({ long }: { long: boolean }): Promise<Counts> {
  const recipe = await command(recipePython(), ["-m", "pytest", ...(long ? [] : LONG.recipe)], {
    cwd: resolve(root, "server/recipes/trl"),
  });
  const counts = await mocha(["test/training/**/*.test.ts", ...(long ? [] : LONG.server)]);
  return { ...counts, failed: counts.failed + recipe.failed };
}
