import assert from "node:assert/strict";
import type { CliResult } from "./cli";

/** What a command has printed, which has to succeed. */
export async function succeeds(command: Promise<CliResult>): Promise<string> {
  const { code, output } = await command;
  assert.equal(code, 0, output);
  return output;
}

/** What a command has printed, which has to fail with a message of this kind, and without a stack trace. */
export async function fails(command: Promise<CliResult>, message: RegExp): Promise<string> {
  const { code, output } = await command;
  assert.notEqual(code, 0, output);
  assert.match(output, message);
  assert.doesNotMatch(output, /^\s+at /m);
  return output;
}
