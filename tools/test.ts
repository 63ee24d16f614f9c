import { mkdtemp, readFile, rm } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { execa } from "execa";
import { type Counts, countsFileVariable } from "./mochaReporter";
import { groupLeader, leash } from "./processes";
import { findOrGetPulumi } from "./pulumi-cli";
import { run } from "./run";

const root = resolve(__dirname, "..");
const typescript = ["-r", "ts-node/register/transpile-only"];

/** One step of the run: its name, and what it counts as. */
type Step = [name: string, work: () => Promise<Counts>];

const steps: readonly Step[] = [
  ["lint", () => command("biome", ["check", "--error-on-warnings", "."])],
  ["types and build", () => command("tsc", ["-b"])],
  ["generated files", () => command("node", [...typescript, "tools/generate.ts", "--check"])],
  ["Pulumi CLI", getPulumi],
  ["tests", runTests],
];

const ok: Counts = { passed: 0, failed: 0, skipped: 0 };
const failure: Counts = { ...ok, failed: 1 };

run(async () => {
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

async function command(file: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Counts> {
  const options = { ...groupLeader, cwd: root, preferLocal: true, stdin: "ignore", stdout: "inherit", env } as const;
  const { exitCode } = await leash(execa(file, args, { ...options, stderr: "inherit" }));
  return exitCode === 0 ? ok : failure;
}

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

/** Mocha under c8. A file's tests run one after the other; files run side by side, since most of them wait for a CLI. */
async function runTests(): Promise<Counts> {
  const folder = await mkdtemp(join(tmpdir(), "test-counts-"));
  const countsFile = join(folder, "counts.json");
  try {
    const jobs = String(Math.min(Math.max(availableParallelism(), 2), 6));
    const mocha = ["mocha", "--parallel", "--jobs", jobs, "--reporter", "tools/mochaReporter.ts"];
    const files = process.argv.length > 2 ? process.argv.slice(2) : ["test/**/*.test.ts"];
    const result = await command("c8", [...mocha, ...files], { [countsFileVariable]: countsFile });
    const counts = await readFile(countsFile, "utf8").then(
      (text) => JSON.parse(text) as Counts,
      () => failure,
    );
    // A failure outside any test, such as a worker that died, is one too.
    return counts.failed === 0 ? { ...counts, failed: result.failed } : counts;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
