import type { FileReport } from "./inspection/report";

/**
 * Whether a job may train on a file with invalid samples: the fraction of invalid samples must not exceed the limit, and at
 * least one sample must be valid.
 *
 * @param share the largest allowed fraction of invalid samples, 0 to 0.5 (`invalidSampleSkipPercentage`), inclusive
 * @example
 * withinSkipShare({ validSamples: 71, invalidSamples: 29 }, 0.29); // true
 */
export function withinSkipShare(
  { validSamples, invalidSamples }: Pick<FileReport, "validSamples" | "invalidSamples">,
  share: number,
): boolean {
  // Rounding can make the product slightly too small: 0.29 * 100 is 28.999999999999996. The relative error is at most
  // 2 * EPSILON. The TRL recipe has the same rule.
  return validSamples > 0 && invalidSamples <= share * (validSamples + invalidSamples) * (1 + 2 * Number.EPSILON);
}
