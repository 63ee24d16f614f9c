import { AuthenticationError } from "../../client";
import type { Inputs } from "../../schema/inputs";
import type { Host } from "../runtime/host";
import { type Connection, connect } from "./connect";
import { isSameServer } from "./sameServer";

/**
 * Returns the connection for `delete`. A key in the state may have been rotated, which must not prevent cancelling the job. When the
 * server rejects the stored key, this tries the config's key and then the environment's, each only on the server that the key is
 * configured for.
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
    // Any other failure is reported by the next request.
    return !(error instanceof AuthenticationError);
  }
}
