import { connect } from "./connection";
import type { Host } from "./host";
import { describedAs } from "./model";
import { mustBeSameServer } from "./origin";
import { type Outputs, toOutputs } from "./outputs";
import { ifFound } from "./tolerant";

/**
 * The job as the API has it, with the name and the description that its model has now. A job whose record is gone while its
 * model lives stays as it is.
 *
 * @returns undefined when the job and its model are gone
 * @throws when the API cannot be asked, or when a server other than the recorded one does not know the job
 */
export async function read(id: string, state: Outputs, host: Host): Promise<Outputs | undefined> {
  host.session.read(state.__urn);
  const { client, baseUrl } = await connect(state, host);
  const { signal } = host;
  const job = await ifFound(client.jobs.get(id, { signal }));
  if (!job) mustBeSameServer(id, state, baseUrl);
  const modelId = job?.fine_tuned_model ?? state.fineTunedModel;
  const model = modelId === undefined ? undefined : await ifFound(client.models.get(modelId, { signal }));
  if (!job && !model) return undefined;
  const outputs = job ? toOutputs(state, job, baseUrl) : state;
  return model ? { ...outputs, ...describedAs(outputs, model) } : outputs;
}
