import { formatCount, plural } from "#common";
import { visibleLine } from "../../marks";
import type { DataDiff, FileSummary, Lines } from "../dataDiff";
import type { Listed } from "../records/firstByLine";

/** The texts of a comparison, for the terminal and for Markdown. */
export interface Report {
  title: string;
  totals: string[];
  warnings: string[];
  samples: { title: string; diff: string[] }[];
  /** Samples that are not shown: "3 more added samples" */
  more: string[];
}

export function reportOf(original: DataDiff): Report {
  const diff = withVisibleNames(original);
  const { before, after, changed, removed, added } = diff;
  return {
    title: `${before.name} → ${after.name}`,
    totals: [samplesText(diff), tokensText(before, after)],
    warnings: warningsOf(diff),
    samples: [
      ...changed.first.map(({ line, lineBefore, diff }) => {
        return { title: `changed: ${before.name}:${lineBefore} → ${after.name}:${line}`, diff };
      }),
      ...removed.first.map(({ line, diff }) => ({ title: `removed: ${before.name}:${line}`, diff })),
      ...added.first.map(({ line, diff }) => ({ title: `added: ${after.name}:${line}`, diff })),
    ],
    more: [...moreOf(changed, "changed"), ...moreOf(removed, "removed"), ...moreOf(added, "added")],
  };
}

function withVisibleNames(diff: DataDiff): DataDiff {
  const file = ({ name, invalid: { count, first }, ...rest }: FileSummary): FileSummary => ({
    ...rest,
    name: visibleLine(name),
    invalid: { count, ...(first && { first: { ...first, reason: visibleLine(first.reason) } }) },
  });
  const overlaps = diff.overlaps.map((overlap) => ({ ...overlap, file: visibleLine(overlap.file) }));
  return { ...diff, before: file(diff.before), after: file(diff.after), overlaps };
}

function samplesText({ before, after, added, removed, changed, unchanged }: DataDiff): string {
  const counts = `${formatCount(before.samples)} → ${plural(after.samples, "sample")}`;
  if (added.count + removed.count + changed.count === 0) {
    return `${counts}: no sample differs (the order of the samples and the format of the JSON are not compared)`;
  }
  const parts = { added: added.count, removed: removed.count, changed: changed.count, unchanged };
  const list = Object.entries(parts).map(([name, count]) => `${formatCount(count)} ${name}`);
  return `${counts}: ${list.join(", ")}`;
}

function tokensText(before: FileSummary, after: FileSummary): string {
  const roles = new Set([...Object.keys(before.tokensByRole), ...Object.keys(after.tokensByRole)]);
  const changes = [...roles].flatMap((role) => {
    const change = (after.tokensByRole[role] ?? 0) - (before.tokensByRole[role] ?? 0);
    return change === 0 ? [] : `${role} ${signed(change)}`;
  });
  const total = `about ${formatCount(before.tokens)} → ${plural(after.tokens, "token")}`;
  const change = changes.length === 0 ? "" : ` (${changes.join(", ")})`;
  return `${total}${change}, estimated at 4 characters per token`;
}

const signed = (value: number) => `${value < 0 ? "−" : "+"}${formatCount(Math.abs(value))}`;

function warningsOf({ before, after, newDuplicates, overlaps }: DataDiff): string[] {
  const firstLine = ({ first }: Lines) => (first[0] === undefined ? "" : `, first: ${after.name}:${first[0]}`);
  return [
    ...[before, after].flatMap(({ name, invalid: { count, first } }) =>
      first ? `${plural(count, "invalid sample")} in ${name}, first: ${name}:${first.line}: ${first.reason}` : [],
    ),
    ...(newDuplicates.count === 0
      ? []
      : [`${plural(newDuplicates.count, "new duplicate")} in ${after.name}${firstLine(newDuplicates)}`]),
    ...overlaps.flatMap(({ file, before, ...overlap }) =>
      overlap.count === 0
        ? []
        : `${plural(overlap.count, "sample")} of ${after.name} also in the validation data ${file} (before: ${formatCount(before)})${firstLine(overlap)}`,
    ),
  ];
}

function moreOf({ count, first }: Listed<unknown>, kind: string): string[] {
  const more = count - first.length;
  return more === 0 || first.length === 0
    ? []
    : [`${formatCount(more)} more ${kind} ${more === 1 ? "sample" : "samples"}`];
}
