import { withPulumiAdvice } from "./connection/advice";
import { connect } from "./connection/connect";
import { undefinedIfNotFound } from "./connection/notFound";
import { assertSameServer } from "./connection/sameServer";
import { findModel } from "./job/model";
import { withModel } from "./job/withModel";
import { withDashboard } from "./page/dashboard";
import type { Host } from "./runtime/host";
import { type Outputs, toOutputs } from "./state/outputs";

/**
 * Returns the current outputs of the job and its model: a renamed, archived or deleted model shows as drift. A job whose record is
 * gone keeps its recorded outputs while its model exists.
 *
 * @returns undefined when the job and its model are gone
 * @throws when the API is unavailable, or when a server other than the recorded one answers 404
 */
export function read(id: string, state: Outputs, host: Host): Promise<Outputs | undefined> {
  return withPulumiAdvice(() => readJob(id, state, host));
}

async function readJob(id: string, state: Outputs, host: Host): Promise<Outputs | undefined> {
  host.session.recordRead(state.__urn);
  const { client, baseUrl } = await connect(state, host, state);
  const { signal } = host;
  const job = await undefinedIfNotFound(client.jobs.get(id, { signal }));
  if (!job) assertSameServer(id, state, baseUrl);
  const modelId = job?.fine_tuned_model ?? state.fineTunedModel;
  const model = modelId === undefined ? undefined : await findModel(client, modelId, job, host, signal);
  if (!job && !model) return undefined;
  const { modelArchived: _, ...outputs } = job
    ? await withDashboard(toOutputs(state, job, baseUrl), state, client, signal)
    : state;
  return withModel(outputs, modelId, model, host);
}
