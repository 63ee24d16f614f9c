import { writeFileSync } from "node:fs";
import Mocha from "mocha";

/** The variable that names the file for the numbers. */
export const countsFileVariable = "TEST_COUNTS_FILE";

export interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

/** Mocha's own Spec report, which also leaves its numbers in a file for `tools/test.ts`. */
export default class SpecWithCounts extends Mocha.reporters.Spec {
  constructor(runner: Mocha.Runner, options: Mocha.MochaOptions) {
    super(runner, options);
    runner.once(Mocha.Runner.constants.EVENT_RUN_END, () => {
      const file = process.env[countsFileVariable];
      const { passes, failures, pending } = this.stats;
      const counts: Counts = { passed: passes, failed: failures, skipped: pending };
      if (file) writeFileSync(file, JSON.stringify(counts));
    });
  }
}
