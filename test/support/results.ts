import assert from "node:assert/strict";
import type { CliResult } from "./cli";

/** Asserts that a command succeeds. Resolves to its output. */
export async function succeeds(command: Promise<CliResult>): Promise<string> {
  const { code, output } = await command;
  assert.equal(code, 0, output);
  return output;
}

/** Asserts that a command fails with a matching message and without a stack trace. Resolves to its output. */
export async function fails(command: Promise<CliResult>, message: RegExp): Promise<string> {
  const { code, output } = await command;
  assert.notEqual(code, 0, output);
  assert.match(output, message);
  assert.doesNotMatch(output, /^\s+at /m);
  return output;
}
