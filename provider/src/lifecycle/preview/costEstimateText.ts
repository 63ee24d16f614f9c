import { formatAmount, formatBytes, formatCount, plural } from "#common";
import type { JobMetadata } from "../../client";
import { type Estimate, type Range, totalTokens } from "../../inputs/data/estimate";
import type { DataSummary } from "../../inputs/data/inspectData";
import { durationText } from "../job/progressLine";

/** An estimated or reported cost of a job. */
export interface Cost extends Range {
  currency: string;
  /** Source of the figure: `mistral:prices` or the server. */
  basis: string;
}

/** `1,200 samples in 2.1 MB, about 310,000 tokens (user 192,000, assistant 118,000), the longest sample about 900` */
export function dataText(summary: DataSummary): string {
  const { samples, bytes, tokens, longestSample } = summary;
  const roles = Object.entries(tokens).filter(([role]) => role !== "text");
  const byRole = roles.map(([role, tokens]) => `${role} ${formatCount(tokens)}`).join(", ");
  return [
    `${plural(samples, "sample")} in ${formatBytes(bytes)}`,
    `about ${plural(totalTokens(summary), "token")}${byRole && ` (${byRole})`}`,
    `the longest sample about ${formatCount(longestSample)}`,
  ].join(", ");
}

/** `about 12 steps, 6 epochs, about 1,860,000 tokens`. If the user sets the steps, returns only these: the server decides the data per step. */
export function trainingEstimateText(
  { steps, epochs, declared, trainedTokens }: Estimate,
  { stepsPerEpoch }: DataSummary,
): string {
  if (!steps || !epochs || !trainedTokens) {
    return `the server chooses the length; an epoch takes about ${plural(stepsPerEpoch, "step")}`;
  }
  if (declared === "steps") return plural(steps, "step");
  const tokens = plural(Math.round(trainedTokens.likely), "token");
  return `about ${plural(steps, "step")}, ${plural(epochs, "epoch")}, about ${tokens}`;
}

/** The same figures from a dry run on the server. */
export function dryRunText({ training_steps, train_tokens, expected_duration_seconds }: JobMetadata): string {
  return [
    training_steps !== undefined && plural(training_steps, "step"),
    train_tokens !== undefined && plural(train_tokens, "token"),
    expected_duration_seconds !== undefined && `about ${durationText(expected_duration_seconds)}`,
  ]
    .filter((part) => part !== false)
    .join(", ");
}

/** `about 3.10 USD (2.07 to 6.20), from mistral:prices` */
export function costText({ low, likely, high, currency, basis }: Cost): string {
  if (low === high) return `${formatAmount(likely)} ${currency}, ${basis}`;
  return `about ${formatAmount(likely)} ${currency} (${formatAmount(low)} to ${formatAmount(high)}), ${basis}`;
}
