import { formatAmount, isUnstarted } from "#common";
import type { Job, JobMetadata, MistralClient } from "../../client";
import { type Estimate, estimate, type Range } from "../../inputs/data/estimate";
import type { DataSummary } from "../../inputs/data/inspectData";
import { InputProblem } from "../../inputs/problem";
import { jobRequest } from "../../inputs/request";
import { hasUnknown } from "../../inputs/unknowns";
import type { Inputs } from "../../schema/inputs";
import { pulumiErrorText } from "../connection/advice";
import { pricesConfig } from "../connection/config";
import type { Connection } from "../connection/connect";
import { isTemporaryFailure } from "../connection/errors";
import { existingJobs } from "../job/findExisting";
import { withDeadline } from "../runtime/deadline";
import type { Host } from "../runtime/host";
import { findUploads } from "../uploads/uploadFiles";
import { type Cost, costText, dataText, dryRunText, trainingEstimateText } from "./costEstimateText";

/** A preview must not hang on a server that is slow or away. */
const ANSWER_WITHIN_SECONDS = 10;

const BASIS =
  "Estimates: a token is about four characters, a step about one MB of data (the hosted service's rule; a server of your own says its own once it has the data).";

/** What a server says of a job that does not exist yet. */
interface ServerAnswer {
  /** A job that stands for the declaration already. */
  existing?: string;
  /** The answer to a dry run, where it has all of the data. */
  dryRun?: JobMetadata | undefined;
  /** Why it says nothing. */
  reason?: string;
}

/**
 * Says what a new job will take, before anything is spent: by its data, by the server where that has the data already, or by
 * `mistral:prices`.
 *
 * @param summary undefined when not all of the training data was read
 * @returns what is wrong when even the least that it can cost is above `maxCost`
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
      : { reason: "some inputs are not known yet" };
  if (answer.existing) {
    host.log(inputs.__urn, answer.existing, "milestone");
    return [];
  }
  const { dryRun } = answer;
  const estimated =
    summary && !hasUnknown(inputs.hyperparameters) ? estimate(summary, inputs.hyperparameters ?? {}) : undefined;
  const tokens = dryRun?.train_tokens === undefined ? estimated?.trainedTokens : exactRange(dryRun.train_tokens);
  const cost =
    dryRun?.cost === undefined ? await costFromPrices(tokens, inputs, host) : costFromServer(dryRun, connection);
  const training = dryRun ? dryRunText(dryRun) : estimated && trainingEstimateText(estimated, summary as DataSummary);
  const lines = [
    summary && `training data: ${dataText(summary)}`,
    training && `training: ${training}`,
    `cost: ${cost ? costText(cost) : unknownCostText(answer, estimated)}`,
    summary && BASIS,
  ];
  host.log(inputs.__urn, lines.filter(Boolean).join("\n"), "milestone");
  return maxCostProblems(cost, inputs);
}

/** Why a server could not be asked. It is not asked again: a preview of a hundred jobs would wait for it a hundred times. */
const unresponsiveServers = new WeakMap<MistralClient, string>();

/** Asks the server, which changes nothing there. Whatever goes wrong, the preview goes on without the answer. */
function askServer({ client }: Connection, inputs: Inputs, host: Host): Promise<ServerAnswer> {
  const reason = unresponsiveServers.get(client);
  if (reason) return Promise.resolve({ reason: reason });
  return withDeadline(ANSWER_WITHIN_SECONDS, host, async ({ signal }): Promise<ServerAnswer> => {
    try {
      const [existing] = await existingJobs(client, inputs, host, signal);
      return existing ? { existing: existingJobText(existing.job) } : { dryRun: await dryRun(client, inputs, signal) };
    } catch (error) {
      const reason = signal.aborted ? "the server did not answer in time" : pulumiErrorText(error);
      if (signal.aborted || isTemporaryFailure(error)) unresponsiveServers.set(client, reason);
      return { reason };
    }
  });
}

function existingJobText({ id, status, metadata }: Job): string {
  const taken = `fine-tuning job ${id} (${status}) was created for this very declaration: it is taken over`;
  if (!isUnstarted(status)) return `${taken}, nothing is trained or paid again`;
  if (metadata?.cost === undefined) return `${taken}, and has not been started yet`;
  return `${taken}, and costs ${formatAmount(metadata.cost)} ${metadata.cost_currency ?? ""} once it is started`;
}

/** @returns undefined when the server does not have all of the data */
async function dryRun(client: MistralClient, inputs: Inputs, signal: AbortSignal): Promise<JobMetadata | undefined> {
  const files = await findUploads(client, inputs, signal);
  return files && client.jobs.estimate(jobRequest(inputs, files), { signal });
}

function costFromServer(
  { cost = 0, cost_currency: currency = "", simulated }: JobMetadata,
  connection?: Connection,
): Cost {
  const basis = `says ${connection?.baseUrl}${simulated ? " (simulated: nothing is paid)" : ""}`;
  return { ...exactRange(cost), currency, basis };
}

const exactRange = (value: number): Range => ({ low: value, likely: value, high: value });

async function costFromPrices(tokens: Range | undefined, { model }: Inputs, host: Host): Promise<Cost | undefined> {
  const { prices = {} } = await pricesConfig(host);
  const price = prices[model];
  if (!price || !tokens) return undefined;
  const { low, likely, high } = tokens;
  const each = price.perMillionTokens / 1e6;
  const basis = `by mistral:prices (${price.perMillionTokens} ${price.currency} per million tokens)`;
  return { low: low * each, likely: likely * each, high: high * each, currency: price.currency, basis };
}

function unknownCostText({ reason, dryRun }: ServerAnswer, estimated: Estimate | undefined): string {
  if (reason) return `unknown (${reason})`;
  if (dryRun) return "unknown: the server does not say it; mistral:prices estimates it";
  if (estimated && !estimated.trainedTokens) {
    return "unknown: set hyperparameters.trainingSteps or hyperparameters.epochs";
  }
  return "unknown before the server has the data; mistral:prices estimates it";
}

function maxCostProblems(cost: Cost | undefined, { maxCost, autoStart = true }: Inputs): InputProblem[] {
  // A job that is not started (or whose start a preview does not know yet) costs nothing.
  if (autoStart !== true || typeof maxCost !== "number" || !cost || cost.low <= maxCost) return [];
  return [
    new InputProblem(
      "maxCost",
      `the training costs more than ${maxCost}: ${costText(cost)}. Raise maxCost, or train less.`,
    ),
  ];
}
