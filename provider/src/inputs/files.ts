import { shortForm } from "../schema/assets";
import type { DataFile } from "../schema/files";
import { fingerprint } from "./content";
import { hasUnknown } from "./unknowns";
import { InputProblem } from "./validate";

const FILE_INPUTS = ["trainingFiles", "validationFiles"] as const;

/** Every file in its long form. A value that a preview does not know yet stays as it is. */
export function longForm(inputs: Record<string, unknown>): Record<string, unknown> {
  const result = { ...inputs };
  for (const name of FILE_INPUTS) {
    const files = inputs[name];
    if (Array.isArray(files)) result[name] = files.map(shortForm);
  }
  return result;
}

/**
 * Fills in each file's hash and size, in place. A hash that came with the inputs is kept: with
 * `ignoreChanges: ["trainingFiles"]` the engine puts the recorded element back, whose file may be gone by now.
 */
export async function fingerprintFiles(inputs: Record<string, unknown>): Promise<InputProblem[]> {
  const problems: InputProblem[] = [];
  for (const name of FILE_INPUTS) {
    const files = inputs[name];
    if (!Array.isArray(files)) continue;
    for (const [index, file] of (files as DataFile[]).entries()) {
      if (hasUnknown(file) || file.fileId !== undefined || file.sha256 !== undefined) continue;
      try {
        files[index] = { ...file, ...(await fingerprint(file, `${name}[${index}]`)) };
      } catch (error) {
        if (!(error instanceof InputProblem)) throw error;
        problems.push(error);
      }
    }
  }
  return problems;
}
