import type { Capabilities, MistralClient } from "../../client";

const known = new WeakMap<MistralClient, Promise<Capabilities>>();

/** Returns what the server offers. Asks once per connection and process; a failed request is not remembered. */
export function capabilitiesOf(client: MistralClient, signal: AbortSignal): Promise<Capabilities> {
  const asked = known.get(client);
  if (asked) return asked;
  const asking = client.capabilities({ signal });
  known.set(client, asking);
  asking.catch(() => known.delete(client));
  return asking;
}
