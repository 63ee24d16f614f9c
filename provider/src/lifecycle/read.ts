import { connect } from "./connection";
import { ifFound } from "./findJob";
import type { Host } from "./host";
import { mustBeSameOrigin } from "./origin";
import { type Outputs, toOutputs } from "./outputs";

/**
 * The job as the API has it. A job whose record is gone while its model lives stays as it is.
 *
 * @returns undefined when the job and its model are gone
 * @throws when the API cannot be asked, or when a server other than the recorded one does not know the job
 */
export async function read(id: string, state: Outputs, host: Host): Promise<Outputs | undefined> {
  host.session.read(state.__urn);
  const { client, baseUrl } = await connect(state, host);
  const { signal } = host;
  const job = await ifFound(client.jobs.get(id, { signal }));
  if (job) return toOutputs(state, job, baseUrl);
  mustBeSameOrigin(id, state, baseUrl);
  const model = state.fineTunedModel && (await ifFound(client.models.get(state.fineTunedModel, { signal })));
  return model ? state : undefined;
}
