import type { FileReport } from "./report";

/**
 * Whether a job may train on a file that has invalid samples: their share must not exceed the limit, and at least one sample
 * must be valid.
 *
 * @param share the largest share of invalid samples, 0 to 0.5 (`invalidSampleSkipPercentage`), inclusive
 * @example
 * withinSkipShare({ good: 71, bad: 29 }, 0.29); // true
 */
export function withinSkipShare({ good, bad }: Pick<FileReport, "good" | "bad">, share: number): boolean {
  // Rounding can make the product slightly too small: 0.29 * 100 is 28.999999999999996. The relative error is at most
  // 2 * EPSILON. The TRL recipe has the same rule.
  return good > 0 && bad <= share * (good + bad) * (1 + 2 * Number.EPSILON);
}
