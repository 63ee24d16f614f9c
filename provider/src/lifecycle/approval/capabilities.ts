import type { Capabilities, MistralClient } from "../../client";

const known = new Map<string, Promise<Capabilities>>();

/** Returns what the server offers. Asks each server once per process; a failed request is not remembered. */
export function capabilitiesOf(client: MistralClient, signal: AbortSignal): Promise<Capabilities> {
  const { baseUrl } = client;
  const asked = known.get(baseUrl);
  if (asked) return asked;
  const asking = client.capabilities({ signal });
  known.set(baseUrl, asking);
  asking.catch(() => known.delete(baseUrl));
  return asking;
}
