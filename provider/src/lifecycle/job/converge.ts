import { awaitsStart, hasFailed, hasSucceeded, isTraining } from "#common";
import {
  ConflictError,
  type DetailedJob,
  isTerminal,
  type MistralClient,
  NotFoundError,
  RateLimitError,
} from "../../client";
import { workspaceOf } from "../../client/http/workspace";
import type { Inputs } from "../../schema/inputs";
import { pulumiErrorText } from "../connection/advice";
import type { Connection } from "../connection/connect";
import { isTemporaryFailure } from "../connection/errors";
import { assertSameServer } from "../connection/sameServer";
import { evaluationLine } from "../evaluation/text";
import { dashboardOutput } from "../page/dashboard";
import { PageLink } from "../page/pageLink";
import type { Deadline } from "../runtime/deadline";
import type { Host } from "../runtime/host";
import { InitError } from "../state/initError";
import { type Outputs, toOutputs } from "../state/outputs";
import { failureReason } from "./failureReason";
import { ensureModelNamed, findModel, modelMissingReason } from "./model";
import { pollerFor } from "./poller";
import { PollInterval } from "./pollInterval";
import { progressLine } from "./progressLine";
import { reviewGateLine } from "./reviewGate";

/** Give up after this long without any successful poll: the base URL is probably wrong, and waiting would hide that. */
const FIRST_POLL_SECONDS = 300;
/** A server that asks for a longer pause is polled after this time. */
const LONGEST_RETRY_AFTER_SECONDS = 600;
/** A model may appear this long after its job has succeeded. */
const MODEL_SECONDS = 300;

/**
 * Polls a job until it has the status that the inputs ask for. Starts the job if `autoStart` allows it and its cost is within
 * `maxCost`. `create` and `update` share this function, so the next `pulumi up` resumes an interrupted wait.
 *
 * After the first successful poll, an outage does not end the wait, because it says nothing about the job. Before the first one, the
 * wait ends after `FIRST_POLL_SECONDS`. Errors that are not temporary, such as 401, 403 and 404, always end the wait.
 *
 * @param known the outputs known before the first poll
 * @throws InitError for every failure; the error contains the job's ID, so Pulumi always stores the ID
 */
export async function converge(
  known: Outputs,
  inputs: Inputs,
  { client, baseUrl }: Connection,
  host: Host,
  deadline: Deadline,
): Promise<Outputs> {
  const id = known.jobId;
  const poller = pollerFor(client, host.clock);
  const pollInterval = new PollInterval(host.clock, inputs.pollInterval);
  let failingSince: number | undefined;
  let succeededAt: number | undefined;
  let job: DetailedJob | undefined;
  let workspace = known.__workspace;
  const page = new PageLink(known, inputs, client, host);
  const outputs = (): Outputs =>
    job ? { ...toOutputs(inputs, job, baseUrl, workspace), ...dashboardOutput(page.url) } : known;

  /** Polls once and acts on the result. Returns whether the wait is over. */
  async function step(wait: number): Promise<boolean> {
    const { signal } = deadline;
    const observation = await poller.poll(known, wait, signal);
    // List entries lack events and checkpoints. Fetch the full job on the first poll and before acting on a status; in between,
    // keep the last known details.
    const hasDetails =
      observation.detailed || (job && !isTerminal(observation.job.status) && !awaitsStart(observation.job.status));
    const now = hasDetails ? observation.job : await client.jobs.get(id, { signal });
    const before = job;
    workspace = workspaceOf(now) ?? workspace;
    job = { ...before, ...now, metadata: { ...before?.metadata, ...now.metadata } };
    pollInterval.observe(now);
    reportProgress(job, before, inputs, host);
    await page.update(workspace, signal);
    if (hasSucceeded(job.status)) {
      const isReady = await isModelReady(job);
      const line = evaluationLine(job);
      if (isReady && line !== undefined) host.log(inputs.__urn, line, "milestone");
      return isReady;
    }
    const started = await advance(client, job, inputs, page.url, signal);
    job = { ...job, ...started };
    if (isHeld(job) && inputs.autoStart === false) host.log(inputs.__urn, reviewGateLine(job), "milestone");
    return isDone(job, inputs, started !== undefined);
  }

  /** Whether the model exists and has its declared name. The model registry may lag behind the job. */
  async function isModelReady({ fine_tuned_model: modelId, modified_at }: DetailedJob): Promise<boolean> {
    const isNameDeclared = inputs.modelName !== undefined || inputs.modelDescription !== undefined;
    if (modelId && !isNameDeclared) return true;
    const model = modelId && (await findModel(client, modelId, { modified_at }, host, deadline.signal));
    if (model) {
      await ensureModelNamed(client, model, inputs, deadline.signal);
      return true;
    }
    succeededAt ??= host.clock.now();
    if (host.clock.now() - succeededAt > MODEL_SECONDS * 1000) throw new NotAsDeclaredError(modelMissingReason(id));
    return false;
  }

  try {
    for (let wait = 0; ; ) {
      try {
        if (await step(wait)) return outputs();
        wait = pollInterval.nextMs();
      } catch (error) {
        if (deadline.signal.aborted || !isTemporaryFailure(error)) throw error;
        failingSince ??= host.clock.now();
        if (!job && host.clock.now() - failingSince > FIRST_POLL_SECONDS * 1000) throw unreachableError(baseUrl, error);
        host.log(inputs.__urn, `waiting for fine-tuning job ${id}: ${pulumiErrorText(error)}`, "progress");
        wait = Math.max(pollInterval.nextMs(), retryAfterMs(error));
      }
    }
  } catch (error) {
    const reason = deadline.reason()
      ? `${deadline.reason()}; ${notCancelled(id, page.url)}`
      : initErrorReason(error, known, baseUrl);
    throw new InitError(id, outputs(), reason, { cause: error });
  }
}

const retryAfterMs = (error: unknown) =>
  error instanceof RateLimitError ? Math.min(error.retryAfter ?? 0, LONGEST_RETRY_AFTER_SECONDS) * 1000 : 0;

const unreachableError = (baseUrl: string, error: unknown) =>
  new Error(`no successful poll of ${baseUrl} for ${FIRST_POLL_SECONDS} s: ${pulumiErrorText(error)}`);

/** The job has not reached the declared state. The message is complete and gets no further advice. */
class NotAsDeclaredError extends Error {}

/**
 * Starts a validated job if the inputs allow it.
 *
 * @returns the started job, or undefined when nothing was started
 * @throws NotAsDeclaredError when the training has failed, or the cost exceeds `maxCost`
 */
async function advance(
  client: MistralClient,
  job: DetailedJob,
  inputs: Inputs,
  dashboardUrl: string | undefined,
  signal: AbortSignal,
): Promise<DetailedJob | undefined> {
  if (hasFailed(job.status)) throw new NotAsDeclaredError(failureReason(job, inputs, dashboardUrl));
  if (!isHeld(job) || inputs.autoStart === false) return undefined;
  const costExcess = costProblem(job, inputs);
  if (costExcess) throw new NotAsDeclaredError(costExcess);
  return start(client, job.id, signal);
}

/** Whether the wait is over. A job that was just started may report QUEUED again, although it already costs money. */
function isDone(job: DetailedJob, { autoStart, waitForCompletion }: Inputs, started: boolean): boolean {
  if (isHeld(job)) return autoStart === false;
  return waitForCompletion === false && (started || isTraining(job.status));
}

const isHeld = (job: DetailedJob) => awaitsStart(job.status) && !job.auto_start;

/** Starts a validated job. A conflict means that an earlier attempt already started it. */
async function start(client: MistralClient, id: string, signal: AbortSignal): Promise<DetailedJob | undefined> {
  try {
    return await client.jobs.start(id, { signal });
  } catch (error) {
    if (error instanceof ConflictError) return undefined;
    throw error;
  }
}

/** Returns why the cost forbids starting the job, or undefined when it does not. */
function costProblem(job: DetailedJob, { maxCost }: Inputs): string | undefined {
  if (maxCost === undefined) return undefined;
  const { cost, cost_currency: currency = "" } = job.metadata ?? {};
  if (cost === undefined || cost < 0) {
    return `the server does not report the cost of fine-tuning job ${job.id}, and maxCost is ${maxCost}: the job stays in VALIDATED. Remove maxCost to start it.`;
  }
  if (cost <= maxCost) return undefined;
  return `fine-tuning job ${job.id} would cost ${cost} ${currency}, which is more than maxCost ${maxCost}: the job stays in VALIDATED. Raise maxCost to start it.`;
}

function reportProgress(job: DetailedJob, before: DetailedJob | undefined, { __urn: urn }: Inputs, host: Host): void {
  const line = progressLine(job);
  if (before && line === progressLine(before)) return;
  host.log(urn, line, job.status === before?.status ? "progress" : "status");
}

const notCancelled = (id: string, dashboardUrl?: string) =>
  `fine-tuning job ${id} was not cancelled and its ID is in the state: run \`pulumi up\` to continue${dashboardUrl ? `, or watch the job at ${dashboardUrl}` : ""}`;

function initErrorReason(error: unknown, known: Outputs, baseUrl: string): string {
  if (error instanceof NotAsDeclaredError) return error.message;
  if (!(error instanceof NotFoundError)) return `${pulumiErrorText(error)}; ${notCancelled(known.jobId)}`;
  try {
    assertSameServer(known.jobId, known, baseUrl);
    return `${pulumiErrorText(error)} The job's ID is kept in the state: if the job is gone, run \`pulumi refresh\`.`;
  } catch (otherServer) {
    return pulumiErrorText(otherServer);
  }
}
