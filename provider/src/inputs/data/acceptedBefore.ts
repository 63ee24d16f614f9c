import { stringify } from "safe-stable-stringify";
import type { DataFile } from "../../schema/files";
import type { Inputs } from "../../schema/inputs";
import { jobTypeOf, targetsOf } from "../request";
import { FILE_INPUTS, filesOf, withFileHashes } from "./files";

/**
 * Returns the files of the state by content hash, if the inputs that decide which samples are valid are unchanged. The state only
 * contains data that passed the check. If the same data fails now, the rules are newer than the state: an upgrade of this package
 * must not fail a stack that has not changed.
 *
 * @param olds the inputs in the state; empty for a new resource
 */
export function acceptedBefore(
  olds: Record<string, unknown>,
  inputs: Record<string, unknown>,
): ReadonlyMap<string, DataFile> {
  const files = FILE_INPUTS.flatMap((name) => filesOf(withFileHashes(olds), name));
  if (files.length === 0 || decidingInputs(olds) !== decidingInputs(inputs)) return new Map();
  return new Map(files.flatMap((file) => (file.sha256 === undefined ? [] : [[file.sha256, file] as const])));
}

function decidingInputs(inputs: Record<string, unknown>): string | undefined {
  const { invalidSampleSkipPercentage = 0 } = inputs;
  return stringify([jobTypeOf(inputs as Inputs), targetsOf(inputs as Inputs), invalidSampleSkipPercentage]);
}
