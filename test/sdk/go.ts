import assert from "node:assert/strict";
import which from "which";
import { inCi } from "../support/ci";

const go = which.sync("go", { nothrow: true });

/** `describe` for tests that need Go. Without Go the tests are skipped and the title says why; in CI they fail. */
export function describeWithGo(title: string, tests: (this: Mocha.Suite) => void): void {
  const problem = "needs Go 1.26 or later, and there is no `go` on PATH";
  if (go) describe(title, tests);
  else if (inCi) it(title, () => assert.fail(problem));
  else describe.skip(`${title} (${problem})`, tests);
}
