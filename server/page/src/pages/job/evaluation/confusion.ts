import type { Confusion } from "../jobReply";

export interface ConfusionRow {
  /** The true label. */
  label: string;
  cells: ConfusionCell[];
  /** The number of samples with this label. */
  total: number;
  /** The share of the samples with this label that got it. Undefined without samples. */
  recall: number | undefined;
}

export interface ConfusionCell {
  count: number;
  /** The share of the row, 0 to 1. */
  share: number;
  isCorrect: boolean;
}

/** Converts a confusion matrix to rows with totals. Counts that a program has omitted are 0. */
export function confusionRows({ labels, matrix }: Confusion): ConfusionRow[] {
  return labels.map((label, row) => {
    const counts = labels.map((_, column) => matrix[row]?.[column] ?? 0);
    const total = counts.reduce((sum, count) => sum + count, 0);
    const cells = counts.map((count, column) => ({
      count,
      share: total > 0 ? count / total : 0,
      isCorrect: row === column,
    }));
    return { label, cells, total, recall: total > 0 ? (cells[row]?.share ?? 0) : undefined };
  });
}

/** The most frequent mistakes, the most frequent first. */
export function mistakesOf(confusion: Confusion, limit: number): { label: string; predicted: string; count: number }[] {
  const mistakes = confusionRows(confusion).flatMap(({ label, cells }) =>
    cells.flatMap(({ count, isCorrect }, column) =>
      isCorrect || count === 0 ? [] : [{ label, predicted: confusion.labels[column] as string, count }],
    ),
  );
  return mistakes.sort((one, other) => other.count - one.count).slice(0, limit);
}
