import { awaitsStart, hasFailed, hasSucceeded, isTraining } from "#common";
import {
  ConflictError,
  type DetailedJob,
  isTerminal,
  type MistralClient,
  NotFoundError,
  RateLimitError,
} from "../../client";
import type { Inputs } from "../../schema/inputs";
import { pulumiErrorText } from "../connection/advice";
import type { Connection } from "../connection/connect";
import { isTemporaryFailure } from "../connection/errors";
import { assertSameServer } from "../connection/sameServer";
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

/** Before the first look succeeds, an outage is more likely a wrong address, which waiting would hide. */
const FIRST_POLL_SECONDS = 300;
/** For so long after its job's success a model may still be on its way. */
const MODEL_SECONDS = 300;

/**
 * Takes a job from wherever it stands to where its declaration wants it: validated, started if its cost allows, trained. The
 * one path that `create` and `update` share, so that a wait that was interrupted is taken up again by the next `pulumi up`.
 *
 * A server or a network that is out of reach says nothing about the job, so it never ends the wait.
 *
 * @param known the state as far as it is known before the first look at the job
 * @throws InitError, with the job's id, whatever goes wrong: from here on the id is never lost
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
  const outputs = () => (job ? toOutputs(inputs, job, baseUrl) : known);

  /** @returns whether nothing is left to wait for */
  async function step(wait: number): Promise<boolean> {
    const { signal } = deadline;
    const observation = await poller.poll(known, wait, signal);
    // A list tells little. What is concluded from a job, and what stands in the state of one that was only just met, comes
    // from a full look; between them the events and checkpoints of the last one stay.
    const hasDetails =
      observation.detailed || (job && !isTerminal(observation.job.status) && !awaitsStart(observation.job.status));
    const now = hasDetails ? observation.job : await client.jobs.get(id, { signal });
    const before = job;
    job = { ...before, ...now, metadata: { ...before?.metadata, ...now.metadata } };
    pollInterval.observe(now);
    reportProgress(job, before, inputs, host);
    if (hasSucceeded(job.status)) return await isModelReady(job);
    const started = await advance(client, job, inputs, signal);
    job = { ...job, ...started };
    if (isHeld(job) && inputs.autoStart === false) host.log(inputs.__urn, reviewGateLine(job), "milestone");
    return isDone(job, inputs, started !== undefined);
  }

  /** Whether the model is there, under its declared name. A server may be behind itself for a while. */
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
        wait = Math.max(pollInterval.nextMs(), ((error instanceof RateLimitError && error.retryAfter) || 0) * 1000);
      }
    }
  } catch (error) {
    const reason = deadline.reason()
      ? `${deadline.reason()}; ${keepsRunning(id)}`
      : initErrorReason(error, known, baseUrl);
    throw new InitError(id, outputs(), reason, { cause: error });
  }
}

const unreachableError = (baseUrl: string, error: unknown) =>
  new Error(`${baseUrl} could not be asked about it for ${FIRST_POLL_SECONDS} s: ${pulumiErrorText(error)}`);

/** A failure that is said as it is: the job itself is why the declaration is not met. */
class NotAsDeclaredError extends Error {}

/**
 * Does what the job's status asks for.
 *
 * @returns the job as it is now, where it was started
 * @throws Unmet when the training has failed, or must not be started
 */
async function advance(
  client: MistralClient,
  job: DetailedJob,
  inputs: Inputs,
  signal: AbortSignal,
): Promise<DetailedJob | undefined> {
  if (hasFailed(job.status)) throw new NotAsDeclaredError(failureReason(job, inputs));
  if (!isHeld(job) || inputs.autoStart === false) return undefined;
  const costExcess = costProblem(job, inputs);
  if (costExcess) throw new NotAsDeclaredError(costExcess);
  return start(client, job.id, signal);
}

/** Whether nothing is left to wait for. A job that has just been started may well be queued once more, and cost money already. */
function isDone(job: DetailedJob, { autoStart, waitForCompletion }: Inputs, started: boolean): boolean {
  if (isHeld(job)) return autoStart === false;
  return waitForCompletion === false && (started || isTraining(job.status));
}

const isHeld = (job: DetailedJob) => awaitsStart(job.status) && !job.auto_start;

/** Starts a validated job. A conflict means that it has been started already, by an earlier attempt of ours. */
async function start(client: MistralClient, id: string, signal: AbortSignal): Promise<DetailedJob | undefined> {
  try {
    return await client.jobs.start(id, { signal });
  } catch (error) {
    if (error instanceof ConflictError) return undefined;
    throw error;
  }
}

/** Why the job must not be started, if its cost forbids it. */
function costProblem(job: DetailedJob, { maxCost }: Inputs): string | undefined {
  if (maxCost === undefined) return undefined;
  const { cost, cost_currency: currency = "" } = job.metadata ?? {};
  if (cost === undefined) {
    return `the server does not say what fine-tuning job ${job.id} costs, and maxCost is ${maxCost}: it rests at VALIDATED. Remove maxCost to start it.`;
  }
  if (cost <= maxCost) return undefined;
  return `fine-tuning job ${job.id} would cost ${cost} ${currency}, which is more than maxCost ${maxCost}: it rests at VALIDATED. Raise maxCost to start it.`;
}

function reportProgress(job: DetailedJob, before: DetailedJob | undefined, { __urn: urn }: Inputs, host: Host): void {
  const line = progressLine(job);
  if (before && line === progressLine(before)) return;
  host.log(urn, line, job.status === before?.status ? "progress" : "status");
}

export const keepsRunning = (id: string) =>
  `fine-tuning job ${id} goes on and its id is in the state: run \`pulumi up\` to take the wait up again`;

function initErrorReason(error: unknown, known: Outputs, baseUrl: string): string {
  if (error instanceof NotAsDeclaredError) return error.message;
  if (!(error instanceof NotFoundError)) return `${pulumiErrorText(error)}; ${keepsRunning(known.jobId)}`;
  try {
    assertSameServer(known.jobId, known, baseUrl);
    return `${pulumiErrorText(error)} Its id is kept in the state: if the job is gone, run \`pulumi refresh\`.`;
  } catch (otherServer) {
    return pulumiErrorText(otherServer);
  }
}
