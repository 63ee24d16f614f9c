import type { JobMetadata } from "../../client";
import {
  type Estimate,
  estimateByMegabytes,
  estimateByRule,
  exactly,
  type Range,
  withBounds,
} from "../../inputs/data/estimate";
import type { DataSummary } from "../../inputs/data/inspectData";
import { InputProblem } from "../../inputs/problem";
import { jobTypeOf } from "../../inputs/request";
import { hasUnknown } from "../../inputs/unknowns";
import type { Inputs } from "../../schema/inputs";
import { pricesConfig } from "../connection/config";
import type { Connection } from "../connection/connect";
import type { Host } from "../runtime/host";
import { basisText, type Cost, costText, dataText, dryRunText, trainingEstimateText } from "./costEstimateText";
import { askServer, type ServerAnswer } from "./serverAnswer";

/**
 * Logs an estimate of a new job's training and cost, before any money is spent. Sources, in this order: a dry run if the server
 * already has the data, the data and the rule that the server publishes, the data and `mistral:prices`.
 *
 * @param summary undefined if some of the training data was not read
 * @returns a problem when even the lower bound of the cost is above `maxCost`
 */
export async function reportCostEstimate(
  inputs: Inputs,
  summary: DataSummary | undefined,
  connection: Connection | undefined,
  host: Host,
): Promise<InputProblem[]> {
  const answer =
    connection && !hasUnknown(inputs)
      ? await askServer(connection, inputs, host)
      : { reason: "some inputs are still unknown" };
  if (answer.existing) {
    host.log(inputs.__urn, answer.existing, "milestone");
    return [];
  }
  const { dryRun } = answer;
  const estimated = summary && !hasUnknown(inputs.hyperparameters) ? estimateFrom(answer, inputs, summary) : undefined;
  const server = connection?.baseUrl ?? "";
  const tokens = dryRun?.train_tokens === undefined ? estimated?.trainedTokens : rangeOf(dryRun, dryRun.train_tokens);
  // Reads mistral:prices even if the server publishes a price, so that an invalid value is always reported.
  const fromPrices = dryRun?.cost === undefined ? await costFromPrices(tokens, inputs, host) : undefined;
  const cost = costFromServer(answer, estimated, server) ?? fromPrices;
  const training = dryRun
    ? dryRunText(dryRun, inputs.hyperparameters?.trainingSteps !== undefined)
    : estimated && trainingEstimateText(estimated, summary as DataSummary, answer.rule !== undefined);
  const lines = [
    summary && `training data: ${dataText(summary)}`,
    training && `training: ${training}`,
    `cost: ${cost ? costText(cost) : unknownCostText(answer, estimated)}`,
    summary && basisText(answer, server),
  ];
  host.log(inputs.__urn, lines.filter(Boolean).join("\n"), "milestone");
  return maxCostProblems(cost, inputs);
}

function estimateFrom({ rule }: ServerAnswer, inputs: Inputs, summary: DataSummary): Estimate {
  const { hyperparameters = {}, repositories = [] } = inputs;
  if (!rule) return estimateByMegabytes(summary, hyperparameters);
  const jobType = jobTypeOf(inputs);
  return estimateByRule(rule, summary, { hyperparameters, jobType, repositories: repositories.length });
}

function costFromServer({ dryRun }: ServerAnswer, estimated: Estimate | undefined, server: string): Cost | undefined {
  if (dryRun?.cost === undefined) {
    return estimated?.cost && { ...estimated.cost, basis: `by the training rule of ${server}` };
  }
  const { cost, cost_currency: currency = "", simulated } = dryRun;
  const basis = `reported by ${server}${simulated ? " (simulated: nothing is paid)" : ""}`;
  return { ...rangeOf(dryRun, cost), currency, basis };
}

/** Returns the range of a value in a dry run's reply. */
const rangeOf = ({ estimated }: JobMetadata, value: number): Range => (estimated ? withBounds(value) : exactly(value));

async function costFromPrices(tokens: Range | undefined, { model }: Inputs, host: Host): Promise<Cost | undefined> {
  const { prices = {} } = await pricesConfig(host);
  const price = prices[model];
  if (!price || !tokens) return undefined;
  const { low, likely, high } = tokens;
  const each = price.perMillionTokens / 1e6;
  const basis = `from mistral:prices (${price.perMillionTokens} ${price.currency} per million tokens)`;
  return { low: low * each, likely: likely * each, high: high * each, currency: price.currency, basis };
}

function unknownCostText({ reason, dryRun, rule }: ServerAnswer, estimated: Estimate | undefined): string {
  if (reason) return `unknown (${reason})`;
  if (dryRun) return "unknown: the server does not report it; set mistral:prices for an estimate";
  if (rule) return "unknown: the server publishes no price; set mistral:prices for an estimate";
  if (estimated && !estimated.trainedTokens) {
    return "unknown: set hyperparameters.trainingSteps or hyperparameters.epochs";
  }
  return "unknown until the server has the data; set mistral:prices for an estimate";
}

function maxCostProblems(cost: Cost | undefined, { maxCost, autoStart = true }: Inputs): InputProblem[] {
  // A job that is not started costs nothing. `autoStart` may also still be unknown in a preview.
  if (autoStart !== true || typeof maxCost !== "number" || !cost || cost.low <= maxCost) return [];
  return [
    new InputProblem(
      "maxCost",
      `the training costs more than ${maxCost}: ${costText(cost)}. Raise maxCost, or reduce the training.`,
    ),
  ];
}
