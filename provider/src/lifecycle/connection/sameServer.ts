import { normaliseBaseUrl } from "../../client";
import type { Outputs } from "../state/outputs";

/** Whether `baseUrl` is the server recorded in the state. Compares paths too: a gateway may serve several servers. */
export function isSameServer(state: Pick<Partial<Outputs>, "baseUrl">, baseUrl: string): boolean {
  return state.baseUrl === undefined || normaliseBaseUrl(state.baseUrl) === normaliseBaseUrl(baseUrl);
}

/**
 * Call this on a 404. Throws when the 404 comes from a different server than the recorded one. This 404 does not mean that the job is
 * gone: moving to a self-hosted server must not lose a finished job.
 */
export function assertSameServer(id: string, state: Partial<Outputs>, baseUrl: string): void {
  if (isSameServer(state, baseUrl)) return;
  throw new Error(
    `fine-tuning job ${id} does not exist on ${baseUrl}: the state records it on ${state.baseUrl}. Set mistral:baseUrl (or MISTRAL_BASE_URL) to that server`,
  );
}
