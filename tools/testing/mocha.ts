import { availableParallelism } from "node:os";
import { command } from "./command";
import type { Counts } from "./counts";
import type { TestFiles } from "./suites";

/** More jobs would only add load: each engine test starts several processes. */
const MAX_JOBS = 6;

/** One more than there are CPUs, because tests wait for servers, locks and exits. With coverage, the tests themselves use the CPUs. */
function jobsFor({ coverage = false }: MochaOptions): number {
  return Math.min(Math.max(availableParallelism(), 2) + (coverage ? 0 : 1), MAX_JOBS);
}

export interface MochaOptions {
  /** Measures the coverage and fails below the thresholds of .c8rc.json. */
  coverage?: boolean;
  env?: Record<string, string>;
  /** More arguments for mocha. */
  args?: readonly string[];
}

/** Runs test files in parallel. The tests of one file run sequentially. */
export function mochaInParallel({ files, except = [] }: TestFiles, options: MochaOptions = {}): Promise<Counts> {
  const ignore = except.flatMap((file) => ["--ignore", file]);
  return mocha(
    ["--parallel", "--jobs", String(jobsFor(options)), ...files, ...ignore, ...(options.args ?? [])],
    options,
  );
}

export function mocha(args: readonly string[], { coverage = false, env = {} }: MochaOptions = {}): Promise<Counts> {
  const reporter = ["--reporter", "tools/testing/mochaReporter.ts"];
  if (!coverage) return command("mocha", [...reporter, ...args], { env });
  const flush = ["--require", "tools/testing/finishCoverage.ts"];
  return command("c8", ["mocha", ...reporter, ...flush, ...args], { env });
}
