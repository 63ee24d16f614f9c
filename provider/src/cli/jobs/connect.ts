import { MistralClient } from "../../client";
import { unencryptedWarning } from "../../lifecycle/connection/unencrypted";

/** Connects to the server in `MISTRAL_BASE_URL`, with the key in `MISTRAL_API_KEY`. Warns when the key is sent unencrypted. */
export function connect(): MistralClient {
  const client = new MistralClient({
    baseUrl: process.env.MISTRAL_BASE_URL || undefined,
    apiKey: process.env.MISTRAL_API_KEY || undefined,
  });
  const warning = unencryptedWarning(client.baseUrl);
  if (warning) console.error(`warning: ${warning}`);
  return client;
}
