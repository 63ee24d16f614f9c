import { withPulumiAdvice } from "./connection/advice";
import { connect } from "./connection/connect";
import { undefinedIfNotFound } from "./connection/notFound";
import { assertSameServer } from "./connection/sameServer";
import { findModel, modelOutputs } from "./job/model";
import type { Host } from "./runtime/host";
import { type Outputs, toOutputs } from "./state/outputs";

/**
 * The job as the API has it, with its model as it is now: named otherwise, archived, or gone. A job whose record is gone while its
 * model lives stays as it is.
 *
 * @returns undefined when the job and its model are gone
 * @throws when the API cannot be asked, or when a server other than the recorded one does not know the job
 */
export function read(id: string, state: Outputs, host: Host): Promise<Outputs | undefined> {
  return withPulumiAdvice(() => readJob(id, state, host));
}

async function readJob(id: string, state: Outputs, host: Host): Promise<Outputs | undefined> {
  host.session.recordRead(state.__urn);
  const { client, baseUrl } = await connect(state, host);
  const { signal } = host;
  const job = await undefinedIfNotFound(client.jobs.get(id, { signal }));
  if (!job) assertSameServer(id, state, baseUrl);
  const modelId = job?.fine_tuned_model ?? state.fineTunedModel;
  const model = modelId === undefined ? undefined : await findModel(client, modelId, job, host, signal);
  if (!job && !model) return undefined;
  const { modelArchived: _, ...outputs } = job ? toOutputs(state, job, baseUrl) : state;
  if (model) return { ...outputs, ...modelOutputs(outputs, model) };
  if (modelId) host.log(state.__urn, `model ${modelId} was deleted outside of Pulumi`, "warning");
  // A model that was deleted is none that a deployment could be given.
  const { fineTunedModel: __, ...withoutModel } = outputs;
  return withoutModel;
}
