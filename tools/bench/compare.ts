/** The result of a comparison: both medians and their ratio, from one run on one machine. */
export interface Comparison {
  what: string;
  /** The baseline. */
  against: string;
  unit: string;
  ours: number;
  theirs: number;
  /** ours / theirs */
  ratio: number;
  /** The target of the ratio, with its direction: `≤ 1.1`. */
  aim: string;
}

/** Makes one measurement. Resolves to a figure, such as seconds. */
export type Measure = () => Promise<number>;

/**
 * Measures two things alternately (A B A B …), after one warm-up round. If the machine becomes slower, both are affected equally.
 * Medians are robust against a single slow round.
 */
export async function compare(
  about: Omit<Comparison, "ours" | "theirs" | "ratio">,
  ours: Measure,
  theirs: Measure,
  rounds: number,
): Promise<Comparison> {
  await ours();
  await theirs();
  const figures: [number[], number[]] = [[], []];
  for (let round = 0; round < rounds; round++) {
    figures[0].push(await ours());
    figures[1].push(await theirs());
  }
  const [a, b] = [median(figures[0]), median(figures[1])];
  return { ...about, ours: a, theirs: b, ratio: a / b };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const [low, high] = [sorted[Math.ceil(middle) - 1] ?? Number.NaN, sorted[Math.floor(middle)] ?? Number.NaN];
  return (low + high) / 2;
}
