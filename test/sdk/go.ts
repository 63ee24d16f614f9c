import assert from "node:assert/strict";
import { execa } from "execa";
import which from "which";
import { groupLeader, killWithParent } from "../../tools/processes";
import { inCi } from "../support/ci";

const go = which.sync("go", { nothrow: true });

/** `describe` for tests that need Go. Without Go the tests are skipped and the title says why; in CI they fail. */
export function describeWithGo(title: string, tests: (this: Mocha.Suite) => void): void {
  const problem = "needs Go 1.26 or later, and there is no `go` on PATH";
  if (go) describe(title, tests);
  else if (inCi) it(title, () => assert.fail(problem));
  else describe.skip(`${title} (${problem})`, tests);
}

/** The first build on a machine compiles Pulumi's SDK, which takes minutes on a busy machine. */
const timeoutMs = 14 * 60_000;

/** Runs `go` in a folder. Resolves to its stdout. The error of a failed command contains all of its output. */
export async function runGo(cwd: string, ...args: string[]): Promise<string> {
  const child = execa("go", args, { ...groupLeader, cwd, stdin: "ignore", all: true });
  const { exitCode, stdout, all, shortMessage } = await killWithParent(child, timeoutMs);
  if (exitCode !== 0) throw new Error(`\`go ${args.join(" ")}\` failed: ${shortMessage}\n${all}`);
  return stdout;
}
