import { setTimeout as sleep } from "node:timers/promises";
import { ConflictError, type DetailedJob, type MistralClient } from "../client";
import type { Inputs } from "../schema/inputs";
import type { Connection } from "./connection";
import { explain, isPassing } from "./errors";
import { failureReason } from "./failure";
import type { Host } from "./host";
import { InitError } from "./initError";
import { ensureModelDescribed } from "./model";
import { type Outputs, toOutputs } from "./outputs";
import { duration, progressLine } from "./progress";
import { awaitsStart, hasFailed, hasSucceeded, isTraining } from "./status";
import { stopAfter } from "./stop";

const FIRST_INTERVAL_SECONDS = 0.25;
const INTERVAL_GROWTH = 1.5;
const DEFAULT_POLL_INTERVAL_SECONDS = 30;

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
  connection: Connection,
  host: Host,
  timeoutSeconds: number,
): Promise<Outputs> {
  const { client, baseUrl } = connection;
  const id = known.jobId;
  const deadline = Date.now() + timeoutSeconds * 1000;
  const stop = stopAfter(timeoutSeconds, host);
  let job: DetailedJob | undefined;
  const failing = (reason: string, cause?: unknown) =>
    new InitError(id, job ? toOutputs(inputs, job, baseUrl) : known, reason, { cause });

  let interval = FIRST_INTERVAL_SECONDS;
  let shown = "";
  try {
    for (;;) {
      const status = job?.status;
      job = (await poll(client, id, inputs, host, stop)) ?? job;
      if (job) {
        const line = progressLine(job);
        if (line !== shown) host.say(inputs.__urn, line, job.status === status ? "progress" : "status");
        shown = line;

        if (hasFailed(job.status)) throw failing(failureReason(job));
        if (hasSucceeded(job.status)) {
          await ensureModelDescribed(client, job, inputs, stop);
          return toOutputs(inputs, job, baseUrl);
        }
        if (awaitsStart(job.status) && !job.auto_start) {
          if (inputs.autoStart === false) return toOutputs(inputs, job, baseUrl);
          const tooMuch = costProblem(job, inputs);
          if (tooMuch) throw failing(tooMuch);
          const started = await start(client, id, stop);
          if (started && inputs.waitForCompletion === false) return toOutputs(inputs, started, baseUrl);
        } else if (inputs.waitForCompletion === false && isTraining(job.status)) return toOutputs(inputs, job, baseUrl);
      }
      if (job?.status !== status) interval = FIRST_INTERVAL_SECONDS;
      await sleep(Math.min(interval * 1000, Math.max(0, deadline - Date.now())), undefined, { signal: stop });
      interval = Math.min(interval * INTERVAL_GROWTH, inputs.pollInterval ?? DEFAULT_POLL_INTERVAL_SECONDS);
    }
  } catch (error) {
    if (error instanceof InitError) throw error;
    if (host.signal.aborted) throw failing(`interrupted; ${goesOn(id)}`);
    if (stop.aborted) throw failing(`not done after ${duration(timeoutSeconds)} (customTimeouts); ${goesOn(id)}`);
    throw failing(`${explain(error)}; ${goesOn(id)}`, error);
  }
}

const goesOn = (id: string) =>
  `fine-tuning job ${id} goes on and its id is in the state: run \`pulumi up\` to take the wait up again`;

/** One look at the job; undefined when the API could not be reached this time, which never ends the wait. */
async function poll(
  client: MistralClient,
  id: string,
  inputs: Inputs,
  host: Host,
  signal: AbortSignal,
): Promise<DetailedJob | undefined> {
  try {
    return await client.jobs.get(id, { signal });
  } catch (error) {
    if (signal.aborted || !isPassing(error)) throw error;
    host.say(inputs.__urn, `waiting for fine-tuning job ${id}: ${explain(error)}`, "progress");
    return undefined;
  }
}

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
