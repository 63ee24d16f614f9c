import type { JobMetadata } from "../../client";
import { type Estimate, type Range, totalTokens } from "../../inputs/data/estimate";
import type { DataSummary } from "../../inputs/data/inspectData";
import { amount, bytesText, count, several } from "../../inputs/words";
import { duration } from "../job/progressLine";

/** What a job costs, as far as it is known. */
export interface Cost extends Range {
  currency: string;
  /** Where the figure comes from: `mistral:prices` or the server. */
  basis: string;
}

/** `1,200 samples in 2.1 MB, about 310,000 tokens (assistant 118,000, user 192,000), the longest sample about 900` */
export function dataText(summary: DataSummary): string {
  const { samples, bytes, tokens, longestSample } = summary;
  const roles = Object.entries(tokens).filter(([role]) => role !== "text");
  const byRole = roles.map(([role, tokens]) => `${role} ${count(tokens)}`).join(", ");
  return [
    `${several(samples, "sample")} in ${bytesText(bytes)}`,
    `about ${several(totalTokens(summary), "token")}${byRole && ` (${byRole})`}`,
    `the longest sample about ${count(longestSample)}`,
  ].join(", ");
}

/** `about 12 steps, 6 epochs, about 1,860,000 tokens`. How much data a declared step takes is the server's to say. */
export function trainingText(
  { steps, epochs, declared, trainedTokens }: Estimate,
  { stepsPerEpoch }: DataSummary,
): string {
  if (!steps || !epochs || !trainedTokens) {
    return `the service decides how long; an epoch takes about ${several(stepsPerEpoch, "step")}`;
  }
  if (declared === "steps") return several(steps, "step");
  const tokens = several(Math.round(trainedTokens.likely), "token");
  return `about ${several(steps, "step")}, ${several(epochs, "epoch")}, about ${tokens}`;
}

/** The same, as a server that has the data says it. */
export function dryRunText({ training_steps, train_tokens, expected_duration_seconds }: JobMetadata): string {
  return [
    training_steps !== undefined && several(training_steps, "step"),
    train_tokens !== undefined && several(train_tokens, "token"),
    expected_duration_seconds !== undefined && `about ${duration(expected_duration_seconds)}`,
  ]
    .filter((part) => part !== false)
    .join(", ");
}

/** `about 3.10 USD (2.07 to 6.20), by mistral:prices` */
export function costText({ low, likely, high, currency, basis }: Cost): string {
  if (low === high) return `${amount(likely)} ${currency}, ${basis}`;
  return `about ${amount(likely)} ${currency} (${amount(low)} to ${amount(high)}), ${basis}`;
}
