import { setTimeout as sleep } from "node:timers/promises";
import { ConflictError, type DetailedJob, type MistralClient, NotFoundError } from "../client";
import type { Inputs } from "../schema/inputs";
import type { Connection } from "./connection";
import { explain, isPassing } from "./errors";
import { failureReason } from "./failure";
import type { Host } from "./host";
import { InitError } from "./initError";
import type { Limit } from "./limit";
import { look } from "./look";
import { ensureModelDescribed } from "./model";
import { mustBeSameServer } from "./origin";
import { type Outputs, toOutputs } from "./outputs";
import { progressLine } from "./progress";
import { awaitsStart, hasFailed, hasSucceeded, isTraining } from "./status";

const FIRST_INTERVAL_SECONDS = 0.25;
const INTERVAL_GROWTH = 1.5;
const DEFAULT_POLL_INTERVAL_SECONDS = 30;
/** Before the first look succeeds, an outage is more likely a wrong address, which waiting would hide. */
const FIRST_LOOK_SECONDS = 300;

/**
 * Takes a job from wherever it stands to where its declaration wants it: validated, started if its cost allows, trained. The
 * one path that `create` and `update` share, so that a wait that was interrupted is taken up again by the next `pulumi up`.
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
  const begun = Date.now();
  let job: DetailedJob | undefined;
  const outputs = () => (job ? toOutputs(inputs, job, baseUrl) : known);
  try {
    let interval = FIRST_INTERVAL_SECONDS;
    for (;;) {
      const seen = await look(client, id, inputs, host, limit.signal);
      if (!seen && !job && Date.now() - begun > FIRST_LOOK_SECONDS * 1000) {
        throw new Error(`${baseUrl} could not be asked about it for ${FIRST_LOOK_SECONDS} s`);
      }
      if (seen) {
        show(seen, job, inputs, host);
        if (seen.status !== job?.status) interval = FIRST_INTERVAL_SECONDS;
        job = seen;
        job = (await advance(client, job, inputs, limit)) ?? job;
        if (isDone(job, inputs)) return outputs();
      }
      await sleep(interval * 1000, undefined, { signal: limit.signal });
      interval = Math.min(interval * INTERVAL_GROWTH, inputs.pollInterval ?? DEFAULT_POLL_INTERVAL_SECONDS);
    }
  } catch (error) {
    const reason = limit.reason() ? `${limit.reason()}; ${goesOn(id)}` : reasonOf(error, known, baseUrl);
    throw new InitError(id, outputs(), reason, { cause: error });
  }
}

/** A failure that is said as it is: the job itself is why the declaration is not met. */
class Unmet extends Error {}

/**
 * Does what the job's status asks for.
 *
 * @returns the job as it is now, where something was done
 * @throws Unmet when the training has failed, or must not be started
 */
async function advance(
  client: MistralClient,
  job: DetailedJob,
  inputs: Inputs,
  { signal }: Limit,
): Promise<DetailedJob | undefined> {
  if (hasFailed(job.status)) throw new Unmet(failureReason(job, inputs));
  if (hasSucceeded(job.status)) {
    if (job.fine_tuned_model) await ensureModelDescribed(client, job.fine_tuned_model, inputs, signal);
    return undefined;
  }
  if (!rests(job) || inputs.autoStart === false) return undefined;
  const tooMuch = costProblem(job, inputs);
  if (tooMuch) throw new Unmet(tooMuch);
  return start(client, job.id, signal);
}

/** Whether nothing is left to wait for. */
function isDone(job: DetailedJob, { autoStart, waitForCompletion }: Inputs): boolean {
  if (hasSucceeded(job.status)) return true;
  if (rests(job)) return autoStart === false;
  return waitForCompletion === false && isTraining(job.status);
}

const rests = (job: DetailedJob) => awaitsStart(job.status) && !job.auto_start;

/** Starts a validated job. A conflict means that it has been started already, by an earlier attempt of ours. */
async function start(client: MistralClient, id: string, signal: AbortSignal): Promise<DetailedJob | undefined> {
  try {
    return await client.jobs.start(id, { signal });
  } catch (error) {
    if (error instanceof ConflictError || isPassing(error)) return undefined;
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

const goesOn = (id: string) =>
  `fine-tuning job ${id} goes on and its id is in the state: run \`pulumi up\` to take the wait up again`;

function reasonOf(error: unknown, known: Outputs, baseUrl: string): string {
  if (error instanceof Unmet) return error.message;
  if (!(error instanceof NotFoundError)) return `${explain(error)}; ${goesOn(known.jobId)}`;
  try {
    mustBeSameServer(known.jobId, known, baseUrl);
    return `${explain(error)} Its id is kept in the state: if the job is gone, run \`pulumi refresh\`.`;
  } catch (elsewhere) {
    return explain(elsewhere);
  }
}
