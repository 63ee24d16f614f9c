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

/** Timeout of the server's estimate: a preview must not hang on a slow or unreachable server. */
const ANSWER_WITHIN_SECONDS = 10;

const BASIS =
  "Estimates assume four characters per token and one MB of data per step (the hosted service's rule). A self-hosted server reports its own figures once it has the data.";

/** The server's information about a job that is not in the state. */
interface ServerAnswer {
  /** Message about an existing job with the same inputs. */
  existing?: string;
  /** Result of a dry run; undefined if the server lacks some of the data. */
  dryRun?: JobMetadata | undefined;
  /** Why the server gave no estimate. */
  reason?: string;
}

/**
 * Logs an estimate of a new job's training and cost, before any money is spent. Sources: the data, a dry run on the server if it
 * already has the data, and `mistral:prices`.
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

/** Servers that did not answer, with the reason. They are not asked again: a preview of 100 jobs would time out 100 times. */
const unresponsiveServers = new WeakMap<MistralClient, string>();

/** Queries the server with read-only requests. On any failure, the preview continues without the server's estimate. */
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
  const text = `fine-tuning job ${id} (${status}) has the same inputs: \`pulumi up\` adopts it`;
  if (!isUnstarted(status)) return `${text}. Nothing is trained or paid again`;
  if (metadata?.cost === undefined) return `${text}. The job has not been started yet`;
  return `${text}. Starting the job costs ${formatAmount(metadata.cost)} ${metadata.cost_currency ?? ""}`;
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
  const basis = `reported by ${connection?.baseUrl}${simulated ? " (simulated: nothing is paid)" : ""}`;
  return { ...exactRange(cost), currency, basis };
}

const exactRange = (value: number): Range => ({ low: value, likely: value, high: value });

async function costFromPrices(tokens: Range | undefined, { model }: Inputs, host: Host): Promise<Cost | undefined> {
  const { prices = {} } = await pricesConfig(host);
  const price = prices[model];
  if (!price || !tokens) return undefined;
  const { low, likely, high } = tokens;
  const each = price.perMillionTokens / 1e6;
  const basis = `from mistral:prices (${price.perMillionTokens} ${price.currency} per million tokens)`;
  return { low: low * each, likely: likely * each, high: high * each, currency: price.currency, basis };
}

function unknownCostText({ reason, dryRun }: ServerAnswer, estimated: Estimate | undefined): string {
  if (reason) return `unknown (${reason})`;
  if (dryRun) return "unknown: the server does not report it; set mistral:prices for an estimate";
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
