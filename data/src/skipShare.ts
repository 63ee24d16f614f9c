import type { FileReport } from "./report";

/**
 * Whether a file may be trained on although some of its samples are invalid: no more than the allowed share is, and at
 * least one sample is valid.
 *
 * @param share the largest share of invalid samples, 0 to 0.5 (`invalidSampleSkipPercentage`), inclusive
 * @example
 * withinSkipShare({ good: 71, bad: 29 }, 0.29); // true
 */
export function withinSkipShare({ good, bad }: Pick<FileReport, "good" | "bad">, share: number): boolean {
  // The product may come out a little too small: 0.29 * 100 is 28.999999999999996. Two rounding errors are at most
  // EPSILON; the recipe for TRL has the same rule.
  return good > 0 && bad <= share * (good + bad) * (1 + 2 * Number.EPSILON);
}
