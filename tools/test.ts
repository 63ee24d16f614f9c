import { availableParallelism } from "node:os";
import { command, failure, mocha, ok } from "./command";
import { runMain } from "./main";
import type { Counts } from "./mochaReporter";
import { findOrGetPulumi } from "./pulumiCli";
import { setUpRecipe, testTrainings } from "./trainings";

const typescript = ["-r", "ts-node/register/transpile-only"];

/** One step of the run: its name, and what it counts as. */
type Step = [name: string, work: () => Promise<Counts>];

const steps: readonly Step[] = [
  ["lint", () => command("biome", ["check", "--error-on-warnings", "."])],
  ["types and build", () => command("tsc", ["-b"])],
  ["generated files", () => command("node", [...typescript, "tools/generate.ts", "--check"])],
  ["Pulumi CLI", getPulumi],
  ["tests", runTests],
  ["trainings", runTrainings],
];

/** Test files, when not all are wanted. */
const wanted = process.argv.slice(2);
const recipeTimeoutMs = 10 * 60_000;

runMain(async () => {
  const total = { ...ok };
  for (const [name, work] of steps) {
    console.log(`\n==> ${name}`);
    const started = performance.now();
    const { passed, failed, skipped } = await work();
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    console.log(`==> ${name}: ${failed ? "FAILED" : "ok"}, ${seconds} s`);
    total.passed += passed;
    total.failed += failed;
    total.skipped += skipped;
  }
  if (total.skipped) console.log(`\n${total.skipped} skipped`);
  if (total.failed) process.exitCode = 1;
  console.log(`\n${total.passed} passed, ${total.failed} failed`);
});

/** Here, and not by the tests that need it: where it has to be built, that takes minutes, and they have time limits. */
async function getPulumi(): Promise<Counts> {
  try {
    const { binary, version } = await findOrGetPulumi({ log: console.log });
    console.log(`${binary}, version ${version}`);
    return ok;
  } catch (error) {
    console.log((error as Error).message);
    return failure;
  }
}

/** A file's tests run one after the other; files run side by side, since most of them wait for a CLI. */
function runTests(): Promise<Counts> {
  const jobs = String(Math.min(Math.max(availableParallelism(), 2), 6));
  const files = wanted.length > 0 ? wanted : ["test/**/*.test.ts", "--ignore", "test/training/**"];
  return mocha(["--parallel", "--jobs", jobs, ...files], ["c8"]);
}

/** Only where the environment that they need can be had in time: it is several GB large. */
async function runTrainings(): Promise<Counts> {
  if (wanted.length > 0) return ok;
  if (await setUpRecipe(recipeTimeoutMs)) return testTrainings({ long: false });
  console.log("The recipe's environment could not be set up in time: `npm run test:training` runs these tests.");
  return { ...ok, skipped: 1 };
}
