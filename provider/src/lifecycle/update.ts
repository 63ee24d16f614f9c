import { hasSucceeded } from "#common";
import type { Inputs } from "../schema/inputs";
import { type Connection, connect } from "./connection/connect";
import { mustBeSameServer } from "./connection/sameServer";
import { converge } from "./job/converge";
import { ensureModelDescribed, makeUsable, modelGone, modelOf, noModel } from "./job/model";
import { ifFound } from "./job/tolerant";
import { DEFAULT_WAIT_SECONDS, type Limit, limited } from "./runtime/deadline";
import type { Host } from "./runtime/host";
import { InitError } from "./state/initError";
import { inEffect, type Outputs, toOutputs } from "./state/outputs";

/**
 * Takes an unfinished job further and changes in place what can be: the wait goes on where it was interrupted, a job that
 * rested is started, the model gets its new name. A failed job throws its reason again, until the declaration changes.
 *
 * @throws InitError when the job is not, or not yet, what was declared
 */
export function update(id: string, olds: Outputs, news: Inputs, host: Host): Promise<Outputs> {
  host.session.returned(id);
  return limited(news.__timeouts?.update ?? DEFAULT_WAIT_SECONDS, host, async (limit) => {
    const connection = await connect(news, host);
    const known = { ...olds, ...inEffect(news, olds.status), jobId: id };
    if (hasSucceeded(olds.status)) return describe(known, news, connection, host, limit);
    return converge(known, news, connection, host, limit);
  });
}

/** A finished job has nothing left but its model, which may outlive the job's record. */
async function describe(
  known: Outputs,
  news: Inputs,
  { client, baseUrl }: Connection,
  host: Host,
  limit: Limit,
): Promise<Outputs> {
  const { signal } = limit;
  const job = await ifFound(client.jobs.get(known.jobId, { signal }));
  if (!job) mustBeSameServer(known.jobId, known, baseUrl);
  const { modelArchived: _, ...outputs } = job ? toOutputs(news, job, baseUrl) : known;
  // A reply that leaves the model out must not cost its id.
  const id = outputs.fineTunedModel ?? known.fineTunedModel;
  if (!id) throw new InitError(known.jobId, outputs, job ? noModel(job.id) : modelGone(known));
  const model = await modelOf(client, id, job, host, signal);
  if (!model) {
    const { fineTunedModel, ...modelless } = outputs;
    throw new InitError(known.jobId, modelless, modelGone({ jobId: known.jobId, fineTunedModel: id }));
  }
  await makeUsable(client, model, signal);
  await ensureModelDescribed(client, model, news, signal);
  return { ...outputs, fineTunedModel: id };
}
