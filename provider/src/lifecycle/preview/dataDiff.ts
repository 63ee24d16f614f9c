import { formatBytes, plural } from "#common";
import { describeFile } from "../../inputs/data/content";
import { FILE_INPUTS, filesOf, withFileHashes } from "../../inputs/data/files";
import { hasUnknown } from "../../inputs/unknowns";
import type { DataFile } from "../../schema/files";
import type { RawInputs } from "../check";

/**
 * Describes the changes in the data, one line per file, because the engine's own diff shows only hashes. Example of a line:
 * `trainingFiles[0]: train.jsonl: 1,200 samples → 1,250 samples, 2.1 MB → 2.2 MB, SHA-256 1f2a3b4 → SHA-256 9c8d7e6`.
 */
export function changedData(olds: RawInputs, news: RawInputs): string[] {
  return FILE_INPUTS.flatMap((name) => {
    const [before, after] = [filesOf(withFileHashes(olds), name), filesOf(withFileHashes(news), name)];
    if (hasUnknown(news[name])) return [];
    const lines = Array.from({ length: Math.max(before.length, after.length) }, (_, index) =>
      fileChange(before[index], after[index]),
    );
    return lines.flatMap((line, index) => (line ? [`${name}[${index}]: ${line}`] : []));
  });
}

function fileChange(before: DataFile | undefined, after: DataFile | undefined): string | undefined {
  if (!after) return before && `removed ${describeContent(before)}`;
  if (!before) return `added ${describeContent(after)}`;
  if (contentOf(before) === contentOf(after)) return undefined;
  if (before.fileId !== undefined || after.fileId !== undefined) {
    return `${describeContent(before)} → ${describeContent(after)}`;
  }
  const [old, now] = [contentFacts(before), contentFacts(after)];
  return `${describeFile(after)}: ${now.map((fact, index) => `${old[index]} → ${fact}`).join(", ")}`;
}

const contentOf = ({ sha256, fileId }: DataFile) => sha256 ?? fileId;

const describeContent = (file: DataFile) =>
  file.fileId === undefined ? `${describeFile(file)} (${contentFacts(file).join(", ")})` : describeFile(file);

/** States of earlier versions do not hold the number of samples. */
function contentFacts({ samples, bytes, sha256 }: DataFile): string[] {
  return [
    samples === undefined ? "? samples" : plural(samples, "sample"),
    bytes === undefined ? "? bytes" : formatBytes(bytes),
    `SHA-256 ${sha256?.slice(0, 7) ?? "?"}`,
  ];
}
