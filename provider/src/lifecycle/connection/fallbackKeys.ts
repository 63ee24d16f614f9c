import { AuthenticationError, WorkspaceMismatchError } from "../../client";
import type { Host, Settings } from "../runtime/host";
import type { Outputs } from "../state/outputs";
import { type Connection, connect } from "./connect";
import { isSameServer } from "./sameServer";

/**
 * Returns the connection for `delete`. A key in the state may have been rotated, which must not prevent cancelling the job. When the
 * server rejects the stored key, or the key belongs to another workspace now, this tries the config's key and then the environment's, each only on the server that the key is
 * configured for.
 */
export async function connectWithFallbackKeys(
  id: string,
  state: Pick<Outputs, "connection" | "baseUrl" | "__workspace">,
  host: Settings & Pick<Host, "signal">,
): Promise<Connection> {
  const stored = await connect(state, host, state);
  if (state.connection?.apiKey === undefined || (await isAccepted(stored, id, host))) return stored;
  const configured = await connect({}, host, state);
  if (!isSameServer(stored, configured.baseUrl)) return stored;
  if (await isAccepted(configured, id, host)) return configured;
  const apiKey = host.environment("MISTRAL_API_KEY");
  return apiKey ? connect({ connection: { baseUrl: stored.baseUrl, apiKey } }, host, state) : stored;
}

async function isAccepted({ client }: Connection, id: string, { signal }: Pick<Host, "signal">): Promise<boolean> {
  try {
    await client.jobs.get(id, { signal });
    return true;
  } catch (error) {
    // Any other failure is reported by the next request.
    return !(error instanceof AuthenticationError || error instanceof WorkspaceMismatchError);
  }
}
