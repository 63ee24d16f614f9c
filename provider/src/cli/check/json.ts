import type { FileReport } from "#data";
import type { CheckedData, CheckedFile } from "../../inputs/data/inspectData";
import { visible } from "../marks";

/** Returns the output of `--json`. Scripts parse it, so its field names stay those of release 0.1.0. */
export function jsonText({ training, validation, summary }: CheckedData): string {
  const files = (checked: CheckedFile[]) => checked.map((file) => ({ ...file, report: reportFields(file.report) }));
  const { characters: _, longestCharacters: __, ...totals } = summary;
  return visible(
    JSON.stringify({ training: files(training), validation: files(validation), summary: totals }, undefined, 2),
  );
}

function reportFields({ validSamples, invalidSamples, warnings, ...report }: FileReport) {
  const { duplicates, ...others } = warnings;
  return {
    ...report,
    good: validSamples,
    bad: invalidSamples,
    oddities: { ...others, ...(duplicates && { duplicates: duplicateFields(duplicates) }) },
  };
}

function duplicateFields({ firstOriginal, ...count }: NonNullable<FileReport["warnings"]["duplicates"]>) {
  return { ...count, of: { file: firstOriginal.fileNumber, line: firstOriginal.line } };
}
