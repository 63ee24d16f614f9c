import { resolve } from "node:path";
import { recipePython } from "../../server/src/trainers/recipe/recipe";
import { command, root } from "./command";
import { type Counts, failure, sum, zeroCounts } from "./counts";
import { mocha } from "./mocha";
import { suites } from "./suites";

const server = resolve(root, "server/bin/mistral-fine-tuning-server.js");
/** Limits how long the download of 6 GB delays `npm test` on a developer's machine. */
const LOCAL_SETUP_MS = 10 * 60_000;

/**
 * Creates the Python environment of the recipe, with the packages that its tests need. Returns immediately when the environment exists.
 *
 * @param options.required wait without a time limit
 * @returns whether the environment exists
 */
export async function setUpRecipe({ required }: { required: boolean }): Promise<boolean> {
  const limit = required ? {} : { timeout: LOCAL_SETUP_MS };
  const { failed } = await command("node", [server, "setup", "--extra", "ray", "--extra", "test"], limit);
  return failed === 0;
}

/** Runs real trainings: the recipe's own tests, then the tests that train through a server. */
export async function trainings(isSetUp: boolean): Promise<Counts> {
  if (!isSetUp) {
    console.log("The recipe's Python environment could not be set up. The reason is printed above.");
    return process.env.CI ? failure : { ...zeroCounts, skipped: 1 };
  }
  const recipe = await command(recipePython(), ["-m", "pytest"], { cwd: resolve(root, "server/recipes/trl") });
  return sum([recipe, await mocha(suites.training.files)]);
}
