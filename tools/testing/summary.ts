import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { type Counts, sum } from "./counts";
import { startedAtMs } from "./deadline";

/** The result of a part. */
export interface Row extends Counts {
  name: string;
  seconds: number;
}

/** Names a file that several runs share: each run appends its rows, and the last run prints the totals of all runs. `.ci/run` sets it. */
const file = process.env.TEST_SUMMARY_FILE;

/** The rows of the runs before this one. In CI, the first run begins with the time that `npm ci` took. */
export function earlierRows(): Row[] {
  if (file && existsSync(file)) {
    const text = readFileSync(file, "utf8");
    if (text) return JSON.parse(text);
  }
  if (!process.env.TEST_STARTED_AT) return [];
  return [{ name: "npm ci", seconds: (Date.now() - startedAtMs) / 1000, passed: 0, failed: 0, skipped: 0 }];
}

/** Prints the minutes of each part, the failed tests, and `N passed, N failed` as the last line. */
export function printSummary(rows: readonly Row[]): Counts {
  if (file) writeFileSync(file, JSON.stringify(rows));
  const total = sum(rows);
  const width = Math.max(...rows.map(({ name }) => name.length));
  console.log(`\n${"part".padEnd(width)}  minutes  passed  failed  skipped`);
  for (const { name, ...row } of rows) console.log(line(name, row));
  console.log(line("all", { ...total, seconds: rows.reduce((all, { seconds }) => all + seconds, 0) }));
  if (total.failed > 0) console.log("\nfailed:");
  for (const { name, failed, failures = [] } of rows) {
    for (const test of failures) console.log(`  ${name}: ${test}`);
    if (failed > failures.length) console.log(`  ${name}: see the output of this part`);
  }
  console.log(`\n${total.passed} passed, ${total.failed} failed`);
  return total;

  function line(name: string, { seconds, passed, failed, skipped }: Omit<Row, "name">): string {
    const cells = [String(passed).padStart(6), String(failed).padStart(6), String(skipped).padStart(7)];
    return [name.padEnd(width), (seconds / 60).toFixed(1).padStart(7), ...cells].join("  ");
  }
}
