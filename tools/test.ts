/**
 * `npm test` and its variants. The first argument names the run (see `tools/testing/parts.ts`); arguments after it go to mocha:
 * `npm test -- test/engine/drift.test.ts` runs one file and `npm test -- -g "a title"` runs one test.
 */
import { existsSync } from "node:fs";
import { runMain } from "./main";
import { type Counts, failure } from "./testing/counts";
import { mocha, mochaInParallel } from "./testing/mocha";
import { build, type Part, runs } from "./testing/parts";
import { suites, type TestFiles } from "./testing/suites";
import { earlierRows, printSummary, type Row } from "./testing/summary";

const [name = "default", ...mochaArgs] = process.argv.slice(2);

runMain(async () => {
  if (!(name in runs)) throw new Error(`There is no run ${name}. Runs: ${Object.keys(runs).join(", ")}`);
  const parts = mochaArgs.length > 0 ? selected() : runs[name as keyof typeof runs];
  // A failed preparation is reported by the part that waits for it.
  for (const { prepare } of parts) prepare?.().catch(() => undefined);
  const rows = earlierRows();
  for (const part of parts) rows.push(await timed(part));
  if (printSummary(rows).failed > 0) process.exitCode = 1;
  // A preparation that nothing waited for must not keep this process alive.
  process.exit();
});

async function timed({ name, run }: Part): Promise<Row> {
  console.log(`\n==> ${name}`);
  const started = performance.now();
  const counts: Counts = await run().catch((error: unknown) => {
    console.error(error);
    return failure;
  });
  const seconds = (performance.now() - started) / 1000;
  console.log(`==> ${name}: ${counts.failed > 0 ? "FAILED" : "ok"}, ${seconds.toFixed(1)} s`);
  return { name, seconds, ...counts };
}

/** The tests that the arguments select, after a build: tests start the compiled server. */
function selected(): Part[] {
  const files = mochaArgs.filter((argument) => existsSync(argument) || argument.includes("*"));
  const suite: TestFiles = name in suites ? suites[name as keyof typeof suites] : { files: ["test/**/*.test.ts"] };
  const run = () => (files.length > 0 ? mocha(mochaArgs) : mochaInParallel(suite, { args: mochaArgs }));
  return [
    { name: "types and build", run: build },
    { name: "tests", run },
  ];
}
