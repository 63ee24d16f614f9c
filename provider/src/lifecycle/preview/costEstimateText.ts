import { formatAmount, formatBytes, formatCount, plural } from "#common";
import { CHARACTERS_PER_TOKEN } from "#data";
import type { JobMetadata } from "../../client";
import { type Estimate, type Range, totalTokens } from "../../inputs/data/estimate";
import type { DataSummary } from "../../inputs/data/inspectData";
import { durationText } from "../job/progressLine";
import type { ServerAnswer } from "./serverAnswer";

/** An estimated or reported cost of a job. */
export interface Cost extends Range {
  currency: string;
  /** Source of the figure: `mistral:prices` or the server. */
  basis: string;
}

/** `1,200 samples in 2.1 MB, about 310,000 tokens (user 192,000, assistant 118,000), longest sample: about 900 tokens` */
export function dataText(summary: DataSummary): string {
  const { samples, bytes, tokens, longestSample } = summary;
  const roles = Object.entries(tokens).filter(([role]) => role !== "text");
  const byRole = roles.map(([role, tokens]) => `${role} ${formatCount(tokens)}`).join(", ");
  return [
    `${plural(samples, "sample")} in ${formatBytes(bytes)}`,
    `about ${plural(totalTokens(summary), "token")}${byRole && ` (${byRole})`}`,
    `longest sample: about ${plural(longestSample, "token")}`,
  ].join(", ");
}

/** `about 12 steps, 6 epochs, about 1,860,000 tokens`. Without the server's rule, returns only the steps if the user sets them. */
export function trainingEstimateText(
  { steps, epochs, stepsAreSet, trainedTokens }: Estimate,
  { stepsPerEpoch }: DataSummary,
  hasRule: boolean,
): string {
  if (!steps || !epochs || !trainedTokens) {
    return `the server chooses the length; an epoch takes about ${plural(stepsPerEpoch, "step")}`;
  }
  if (stepsAreSet && !hasRule) return plural(steps, "step");
  const { low, likely, high } = trainedTokens;
  const about = low === high ? "" : "about ";
  return [
    `${stepsAreSet ? "" : about}${plural(steps, "step")}`,
    !stepsAreSet && plural(Number(epochs.toPrecision(3)), "epoch"),
    `${about}${plural(Math.round(likely), "token")}`,
  ]
    .filter(Boolean)
    .join(", ");
}

/** The same figures from a dry run on the server. `about` marks the figures that the server has only estimated. */
export function dryRunText(
  { training_steps, train_tokens, expected_duration_seconds, estimated }: JobMetadata,
  stepsAreSet: boolean,
): string {
  const about = estimated ? "about " : "";
  return [
    training_steps !== undefined && `${stepsAreSet ? "" : about}${plural(training_steps, "step")}`,
    train_tokens !== undefined && `${about}${plural(train_tokens, "token")}`,
    expected_duration_seconds !== undefined && `about ${durationText(expected_duration_seconds)}`,
  ]
    .filter((part) => part !== false)
    .join(", ");
}

/** States the assumptions behind the figures. */
export function basisText({ dryRun, rule }: ServerAnswer, server: string): string {
  if (dryRun || rule?.rule === "megabytes") {
    return `Tokens of the data are estimated at ${CHARACTERS_PER_TOKEN} characters per token.`;
  }
  if (rule) {
    return `Estimated by the training rule of ${server}, at ${formatCount(rule.characters_per_token)} characters per token. The server reports its own figures once it has the data.`;
  }
  return "Estimates assume four characters per token and one MB of data per step (the hosted service's rule). A self-hosted server reports its own figures once it has the data.";
}

/** `about 3.10 USD (2.07 to 6.20), from mistral:prices` */
export function costText({ low, likely, high, currency, basis }: Cost): string {
  if (low === high) return `${formatAmount(likely)} ${currency}, ${basis}`;
  return `about ${formatAmount(likely)} ${currency} (${formatAmount(low)} to ${formatAmount(high)}), ${basis}`;
}
