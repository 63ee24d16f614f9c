import type { DetailedJob, MistralClient } from "../client";
import type { Inputs } from "../schema/inputs";
import { explain, isPassing } from "./errors";
import type { Host } from "./host";

/**
 * One look at a job. A server or a network that is out of reach says nothing about the job, so it never ends a wait.
 *
 * @returns undefined when the API could not be asked this time
 */
export async function look(
  client: MistralClient,
  id: string,
  { __urn: urn }: Pick<Inputs, "__urn">,
  host: Host,
  signal: AbortSignal,
): Promise<DetailedJob | undefined> {
  try {
    return await client.jobs.get(id, { signal });
  } catch (error) {
    if (signal.aborted || !isPassing(error)) throw error;
    host.say(urn, `waiting for fine-tuning job ${id}: ${explain(error)}`, "progress");
    return undefined;
  }
}
