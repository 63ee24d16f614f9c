import { writeFileSync } from "node:fs";

/** How many tests of a part passed, failed and were skipped. */
export interface Counts {
  passed: number;
  failed: number;
  skipped: number;
  /** The names of the failed tests, for the end of the output. */
  failures?: readonly string[];
}

export const zeroCounts: Counts = { passed: 0, failed: 0, skipped: 0 };
export const failure: Counts = { ...zeroCounts, failed: 1 };

/** The environment variable with the path of the file that a child process writes its counts to. */
export const countsFileVariable = "TEST_COUNTS_FILE";

/** Writes the counts for the parent process. Does nothing when the process was not started by `tools/test.ts`. */
export function reportCounts(counts: Counts): void {
  const file = process.env[countsFileVariable];
  if (file) writeFileSync(file, JSON.stringify(counts));
}

export function sum(all: readonly Counts[]): Counts {
  return all.reduce(
    (total, { passed, failed, skipped, failures = [] }) => ({
      passed: total.passed + passed,
      failed: total.failed + failed,
      skipped: total.skipped + skipped,
      failures: [...(total.failures ?? []), ...failures],
    }),
    zeroCounts,
  );
}
