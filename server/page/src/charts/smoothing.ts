import type { Column } from "./pointTable";

/**
 * An exponentially weighted mean of a column, without a bias towards the first value. It follows a growing column at the cost
 * of the new rows only.
 */
export class SmoothedColumn {
  readonly values: Column = [];
  private readonly sums: number[] = [];
  private readonly weights: number[] = [];

  /** @param weight the weight of the past, from 0 (no smoothing) to below 1 */
  constructor(
    private readonly source: readonly (number | null)[],
    private readonly weight: number,
  ) {
    this.update(0);
  }

  /** @param from the first row of the source that has changed */
  update(from: number): void {
    const { source, values, sums, weights, weight } = this;
    for (const array of [values, sums, weights]) array.length = Math.min(array.length, from);
    for (let row = values.length; row < source.length; row++) {
      const value = source[row] ?? null;
      const [sum, total] = [sums[row - 1] ?? 0, weights[row - 1] ?? 0];
      sums.push(value === null ? sum : sum * weight + value);
      weights.push(value === null ? total : total * weight + 1);
      values.push(value === null ? null : (sums[row] as number) / (weights[row] as number));
    }
  }
}
