import Mocha from "mocha";
import { reportCounts } from "./counts";

/** Mocha's Spec reporter. It also reports the counts to `tools/test.ts`. */
export default class SpecWithCounts extends Mocha.reporters.Spec {
  constructor(runner: Mocha.Runner, options: Mocha.MochaOptions) {
    super(runner, options);
    const failures: string[] = [];
    runner.on(Mocha.Runner.constants.EVENT_TEST_FAIL, (test) => failures.push(test.fullTitle()));
    runner.once(Mocha.Runner.constants.EVENT_RUN_END, () => {
      const { passes, failures: failed, pending } = this.stats;
      reportCounts({ passed: passes, failed, skipped: pending, failures });
    });
  }
}
