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

/** The recipe's tests that train longest or start training programs: about half of the time of all its tests. */
const longTrainings = ["classifier", "completion", "device", "gpus", "learning", "parallel", "plan", "resume"].map(
  (name) => `tests/test_${name}.py`,
);

/**
 * Runs real trainings, after `setUpRecipe`: the recipe's own tests in two halves, and at the same time the tests that train through
 * a server. Each of the three uses about one core, and none leaves a core idle while the longest one ends.
 */
export async function trainings(): Promise<Counts> {
  const recipe = { cwd: resolve(root, "server/recipes/trl"), buffered: true };
  const pytest = (...args: string[]) => command(recipePython(), ["-m", "pytest", ...args], recipe);
  const others = longTrainings.flatMap((file) => ["--ignore", file]);
  return sum(await Promise.all([pytest(...longTrainings), pytest(...others), mocha(suites.training.files)]));
}
