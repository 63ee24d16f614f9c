import { awaitsStart, errorText, hasFailed, hasSucceeded, isTraining } from "#common";
import {
  ConflictError,
  type DetailedJob,
  isTerminal,
  type MistralClient,
  NotFoundError,
  RateLimitError,
} from "../../client";
import type { Inputs } from "../../schema/inputs";
import type { Connection } from "../connection/connect";
import { isPassing } from "../connection/errors";
import { mustBeSameServer } from "../connection/sameServer";
import type { Limit } from "../runtime/deadline";
import type { Host } from "../runtime/host";
import { InitError } from "../state/initError";
import { type Outputs, toOutputs } from "../state/outputs";
import { failureReason } from "./failureReason";
import { ensureModelDescribed, modelOf, noModel } from "./model";
import { watchOf } from "./poller";
import { Pace } from "./pollInterval";
import { progressLine } from "./progressLine";

/** Before the first look succeeds, an outage is more likely a wrong address, which waiting would hide. */
const FIRST_LOOK_SECONDS = 300;
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
  limit: Limit,
): Promise<Outputs> {
  const id = known.jobId;
  const watch = watchOf(client, host.clock);
  const pace = new Pace(host.clock, inputs.pollInterval);
  let failingSince: number | undefined;
  let succeededAt: number | undefined;
  let job: DetailedJob | undefined;
  const outputs = () => (job ? toOutputs(inputs, job, baseUrl) : known);

  /** @returns whether nothing is left to wait for */
  async function step(wait: number): Promise<boolean> {
    const { signal } = limit;
    const seen = await watch.look(known, wait, signal);
    // A list tells little. What is concluded from a job, and what stands in the state of one that was only just met, comes
    // from a full look; between them the events and checkpoints of the last one stay.
    const enough = seen.detailed || (job && !isTerminal(seen.job.status) && !awaitsStart(seen.job.status));
    const now = enough ? seen.job : await client.jobs.get(id, { signal });
    const before = job;
    job = { ...before, ...now, metadata: { ...before?.metadata, ...now.metadata } };
    pace.saw(now);
    show(job, before, inputs, host);
    if (hasSucceeded(job.status)) return await modelStands(job);
    const started = await advance(client, job, inputs, signal);
    job = { ...job, ...started };
    return isDone(job, inputs, started !== undefined);
  }

  /** Whether the model is there, under its declared name. A server may be behind itself for a while. */
  async function modelStands({ fine_tuned_model: modelId, modified_at }: DetailedJob): Promise<boolean> {
    const described = inputs.modelName !== undefined || inputs.modelDescription !== undefined;
    if (modelId && !described) return true;
    const model = modelId && (await modelOf(client, modelId, { modified_at }, host, limit.signal));
    if (model) {
      await ensureModelDescribed(client, model, inputs, limit.signal);
      return true;
    }
    succeededAt ??= host.clock.now();
    if (host.clock.now() - succeededAt > MODEL_SECONDS * 1000) throw new Unmet(noModel(id));
    return false;
  }

  try {
    for (let wait = 0; ; ) {
      try {
        if (await step(wait)) return outputs();
        wait = pace.next();
      } catch (error) {
        if (limit.signal.aborted || !isPassing(error)) throw error;
        failingSince ??= host.clock.now();
        if (!job && host.clock.now() - failingSince > FIRST_LOOK_SECONDS * 1000) throw neverSeen(baseUrl, error);
        host.say(inputs.__urn, `waiting for fine-tuning job ${id}: ${errorText(error)}`, "progress");
        wait = Math.max(pace.next(), ((error instanceof RateLimitError && error.retryAfter) || 0) * 1000);
      }
    }
  } catch (error) {
    const reason = limit.reason() ? `${limit.reason()}; ${goesOn(id)}` : reasonOf(error, known, baseUrl);
    throw new InitError(id, outputs(), reason, { cause: error });
  }
}

const neverSeen = (baseUrl: string, error: unknown) =>
  new Error(`${baseUrl} could not be asked about it for ${FIRST_LOOK_SECONDS} s: ${errorText(error)}`);

/** A failure that is said as it is: the job itself is why the declaration is not met. */
class Unmet extends Error {}

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
  if (hasFailed(job.status)) throw new Unmet(failureReason(job, inputs));
  if (!rests(job) || inputs.autoStart === false) return undefined;
  const tooMuch = costProblem(job, inputs);
  if (tooMuch) throw new Unmet(tooMuch);
  return start(client, job.id, signal);
}

/** Whether nothing is left to wait for. A job that has just been started may well be queued once more, and cost money already. */
function isDone(job: DetailedJob, { autoStart, waitForCompletion }: Inputs, started: boolean): boolean {
  if (rests(job)) return autoStart === false;
  return waitForCompletion === false && (started || isTraining(job.status));
}

const rests = (job: DetailedJob) => awaitsStart(job.status) && !job.auto_start;

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

function show(job: DetailedJob, before: DetailedJob | undefined, { __urn: urn }: Inputs, host: Host): void {
  const line = progressLine(job);
  if (before && line === progressLine(before)) return;
  host.say(urn, line, job.status === before?.status ? "progress" : "status");
}

export const goesOn = (id: string) =>
  `fine-tuning job ${id} goes on and its id is in the state: run \`pulumi up\` to take the wait up again`;

function reasonOf(error: unknown, known: Outputs, baseUrl: string): string {
  if (error instanceof Unmet) return error.message;
  if (!(error instanceof NotFoundError)) return `${errorText(error)}; ${goesOn(known.jobId)}`;
  try {
    mustBeSameServer(known.jobId, known, baseUrl);
    return `${errorText(error)} Its id is kept in the state: if the job is gone, run \`pulumi refresh\`.`;
  } catch (elsewhere) {
    return errorText(elsewhere);
  }
}
