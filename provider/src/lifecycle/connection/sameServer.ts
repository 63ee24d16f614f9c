import { normaliseBaseUrl } from "../../client";
import type { Outputs } from "../state/outputs";

/** Whether the server that is asked is the one that the state names. A gateway may have several, told apart by their path. */
export function isSameServer(state: Pick<Partial<Outputs>, "baseUrl">, baseUrl: string): boolean {
  return state.baseUrl === undefined || normaliseBaseUrl(state.baseUrl) === normaliseBaseUrl(baseUrl);
}

/**
 * A job that another server does not know is not gone: whoever moves to a server of their own must not lose a finished job.
 */
export function assertSameServer(id: string, state: Partial<Outputs>, baseUrl: string): void {
  if (isSameServer(state, baseUrl)) return;
  throw new Error(
    `${baseUrl} does not know fine-tuning job ${id}, which the state places at ${state.baseUrl}: set mistral:baseUrl (or MISTRAL_BASE_URL) to that server`,
  );
}
