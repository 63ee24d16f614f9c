import type { Outputs } from "./outputs";

/** Whether the server that is asked is the one that the state names. */
export function isSameOrigin(state: Partial<Outputs>, baseUrl: string): boolean {
  return state.baseUrl === undefined || new URL(state.baseUrl).origin === new URL(baseUrl).origin;
}

/**
 * A job that another server does not know is not gone: whoever moves to a server of their own must not lose a finished job.
 */
export function mustBeSameOrigin(id: string, state: Partial<Outputs>, baseUrl: string): void {
  if (isSameOrigin(state, baseUrl)) return;
  throw new Error(
    `${baseUrl} does not know fine-tuning job ${id}, which the state places at ${state.baseUrl}: set mistral:baseUrl (or MISTRAL_BASE_URL) to that server`,
  );
}
