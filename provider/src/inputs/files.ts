import { shortForm } from "../schema/assets";
import type { DataFile } from "../schema/files";
import { describe, fingerprint } from "./content";
import { InputProblem } from "./problem";
import { hasUnknown, UNKNOWN } from "./unknowns";

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
  // The server skips samples that are no JSON, as far as it is told to.
  const skipped = inputs.invalidSampleSkipPercentage ?? 0;
  const mayBegin = skipped === UNKNOWN || Number(skipped) > 0 ? "anyhow" : "with JSON";
  for (const name of FILE_INPUTS) {
    const files = inputs[name];
    if (!Array.isArray(files)) continue;
    for (const [index, file] of (files as DataFile[]).entries()) {
      if (hasUnknown(file) || file.fileId !== undefined || file.sha256 !== undefined) continue;
      try {
        files[index] = { ...file, ...(await fingerprint(file, `${name}[${index}]`, mayBegin)) };
      } catch (error) {
        if (!(error instanceof InputProblem)) throw error;
        problems.push(error);
      }
    }
  }
  return problems;
}

/** Every content counts once: trained on twice it costs twice, and validated on what was trained on it proves nothing. */
export function repeatedFiles(inputs: Record<string, unknown>): InputProblem[] {
  const problems: InputProblem[] = [];
  const seen = new Map<string, { name: string; where: string }>();
  for (const name of FILE_INPUTS) {
    const files = inputs[name];
    if (!Array.isArray(files)) continue;
    for (const [index, file] of (files as DataFile[]).entries()) {
      const content = file.sha256 ?? file.fileId;
      if (content === undefined || hasUnknown(file)) continue;
      const where = `${name}[${index}]`;
      const first = seen.get(content);
      if (first) {
        const expected = first.name === name ? "each file once" : "data that is not trained on";
        problems.push(
          new InputProblem(where, `expected ${expected}, got ${describe(file)} with the content of ${first.where}`),
        );
      } else seen.set(content, { name, where: `${where}, ${describe(file)}` });
    }
  }
  return problems;
}
