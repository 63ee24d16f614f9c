import { normalizeFile } from "../../schema/assets";
import type { DataFile } from "../../schema/files";
import { InputProblem } from "../problem";
import { hasUnknown } from "../unknowns";
import { describeFile } from "./content";

export const FILE_INPUTS = ["trainingFiles", "validationFiles"] as const;
export type FileInput = (typeof FILE_INPUTS)[number];

/** Converts every file to its long form. Keeps unknown values of a preview. */
export function longForm(inputs: Record<string, unknown>): Record<string, unknown> {
  const result = { ...inputs };
  for (const name of FILE_INPUTS) {
    const files = inputs[name];
    if (Array.isArray(files)) result[name] = files.map(normalizeFile);
  }
  return result;
}

/** Replaces the ID of each imported file by its hash: the same content may later be named by its path. */
export function withFileHashes(inputs: Record<string, unknown>): Record<string, unknown> {
  const { __fileHashes: hashes } = inputs as { __fileHashes?: Record<string, string> };
  if (hashes === undefined) return inputs;
  const result = { ...inputs };
  for (const name of FILE_INPUTS) {
    if (!Array.isArray(inputs[name])) continue;
    result[name] = filesOf(inputs, name).map((file) => {
      const { fileId, ...rest } = file;
      const sha256 = fileId === undefined ? undefined : hashes[fileId];
      return sha256 === undefined ? file : { ...rest, sha256 };
    });
  }
  return result;
}

/** Returns the files of an input; none while they are unknown in a preview. */
export function filesOf(inputs: Record<string, unknown>, name: FileInput): DataFile[] {
  const files = inputs[name];
  return Array.isArray(files) ? files : [];
}

/** Reports repeated content: training on it twice costs twice, and validating on training data is meaningless. */
export function repeatedFiles(inputs: Record<string, unknown>): InputProblem[] {
  const problems: InputProblem[] = [];
  const seen = new Map<string, { name: string; inputPath: string }>();
  for (const name of FILE_INPUTS) {
    for (const [index, file] of filesOf(inputs, name).entries()) {
      const content = file.sha256 ?? file.fileId;
      if (content === undefined || hasUnknown(file)) continue;
      const inputPath = `${name}[${index}]`;
      const first = seen.get(content);
      if (first) {
        const expected = first.name === name ? "each file only once" : "data that is not in trainingFiles";
        problems.push(
          new InputProblem(
            inputPath,
            `expected ${expected}, got ${describeFile(file)} with the same content as ${first.inputPath}`,
          ),
        );
      } else {
        seen.set(content, { name, inputPath: `${inputPath}, ${describeFile(file)}` });
      }
    }
  }
  return problems;
}
