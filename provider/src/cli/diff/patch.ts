import { structuredPatch } from "diff";
import { allFields, readableText } from "./sampleText";

/** A longer line is cut, because a report shows many samples. */
const MAX_LINE_CHARACTERS = 400;
const MAX_LINES = 40;
/** The time to find the differences grows with the square of their number. The first lines of both samples are shown beyond. */
const MAX_EDITS = 1_000;
/** The characters of a cut line that come before the first difference. */
const LEAD_CHARACTERS = 80;

/** Returns the lines of a changed sample with the marks of a unified diff: a space, `-` or `+`. */
export function changedLines(before: string, after: string): string[] {
  const lines = patchLines(readableText(before), readableText(after));
  return lines.length > 0 ? lines : patchLines(allFields(before), allFields(after));
}

/** Returns all lines of an added or removed sample, each with the mark. */
export function markedLines(mark: "+" | "-", line: string): string[] {
  return firstMarkedLines(mark, readableText(line));
}

const firstMarkedLines = (mark: "+" | "-", text: string) =>
  firstLines(text.split("\n")).map((each) => mark + cut(each, 0));

function patchLines(before: string, after: string): string[] {
  const patch = structuredPatch("", "", before, after, "", "", { context: 1, maxEditLength: MAX_EDITS });
  if (!patch) return [...firstMarkedLines("-", before), ...firstMarkedLines("+", after)];
  const lines = patch.hunks.flatMap(({ lines }, index) => (index === 0 ? lines : [" …", ...lines]));
  return firstLines(cutLines(lines.filter((line) => !line.startsWith("\\"))));
}

/** Cuts long lines. Cuts a removed line and its replacement at the same place, so that their difference stays visible. */
function cutLines(lines: string[]): string[] {
  const result: string[] = [];
  while (result.length < lines.length) {
    const removed = run(lines, result.length, "-");
    const added = run(lines, result.length + removed.length, "+");
    const difference = (index: number) => firstDifference(removed[index] ?? "", added[index] ?? "");
    if (removed.length + added.length === 0) result.push(cut(lines[result.length] as string, 0));
    else result.push(...[removed, added].flatMap((each) => each.map((line, index) => cut(line, difference(index)))));
  }
  return result;
}

/** Returns the consecutive lines with the mark, from a position. */
function run(lines: string[], start: number, mark: "+" | "-"): string[] {
  let end = start;
  while (lines[end]?.startsWith(mark)) end++;
  return lines.slice(start, end);
}

function firstDifference(line: string, other: string): number {
  let position = 1;
  while (position < line.length && line[position] === other[position]) position++;
  return position;
}

function cut(line: string, difference: number): string {
  if (line.length <= MAX_LINE_CHARACTERS) return line;
  const start = Math.max(1, Math.min(difference - LEAD_CHARACTERS, line.length - MAX_LINE_CHARACTERS));
  const text = line.slice(start, start + MAX_LINE_CHARACTERS);
  return `${line[0]}${start > 1 ? "…" : ""}${text}${start + text.length < line.length ? "…" : ""}`;
}

function firstLines(lines: string[]): string[] {
  if (lines.length <= MAX_LINES) return lines;
  return [...lines.slice(0, MAX_LINES), ` … and ${lines.length - MAX_LINES} more lines`];
}
