import { AuthenticationError } from "../../client";
import type { Inputs } from "../../schema/inputs";
import type { Host } from "../runtime/host";
import { type Connection, connect } from "./connect";
import { isSameServer } from "./sameServer";

/**
 * The connection for a `delete`, which gets the key that the state holds: one that has been replaced since must not keep a job
 * from being cancelled. So where the resource's own key is refused, the config's is tried, then the environment's, but only at
 * the very server that they are configured for.
 */
export async function connectWithFallbackKeys(
  id: string,
  state: Pick<Inputs, "connection">,
  host: Pick<Host, "config" | "signal">,
): Promise<Connection> {
  const stored = await connect(state, host);
  if (state.connection?.apiKey === undefined || (await isAccepted(stored, id, host))) return stored;
  const configured = await connect({}, host);
  if (!isSameServer(stored, configured.baseUrl)) return stored;
  if (await isAccepted(configured, id, host)) return configured;
  const apiKey = process.env.MISTRAL_API_KEY;
  return apiKey ? connect({ connection: { baseUrl: stored.baseUrl, apiKey } }, host) : stored;
}

async function isAccepted({ client }: Connection, id: string, { signal }: Pick<Host, "signal">): Promise<boolean> {
  try {
    await client.jobs.get(id, { signal });
    return true;
  } catch (error) {
    // Any other failure is told by the request that follows.
    return !(error instanceof AuthenticationError);
  }
}
