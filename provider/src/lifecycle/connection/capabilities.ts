import type { Capabilities, MistralClient, RequestOptions } from "../../client";

/** By base URL: the capabilities of a server do not depend on the key. */
const asked = new Map<string, Promise<Capabilities>>();

/** Returns what the server can do. Asks each server once per process. A failed request is not remembered. */
export async function capabilitiesOf(
  client: MistralClient,
  signal: AbortSignal,
  options: Pick<RequestOptions, "maxRetries" | "timeoutMs"> = {},
): Promise<Capabilities> {
  const { baseUrl } = client;
  const earlier = asked.get(baseUrl);
  if (earlier !== undefined) {
    // Another operation, which may have been aborted, sent this request: its error is not the answer for this one.
    const known = await earlier.catch(() => undefined);
    if (known !== undefined) return known;
  }
  const reply = client.capabilities({ ...options, signal });
  asked.set(baseUrl, reply);
  try {
    return await reply;
  } catch (error) {
    if (asked.get(baseUrl) === reply) asked.delete(baseUrl);
    throw error;
  }
}
