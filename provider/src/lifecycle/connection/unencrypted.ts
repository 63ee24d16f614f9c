import { isLoopbackUrl } from "../../client/http/baseUrl";

/** Returns a warning when requests, which hold the API key, leave this machine without TLS. */
export function unencryptedWarning(baseUrl: string): string | undefined {
  if (!baseUrl.startsWith("http:") || isLoopbackUrl(baseUrl)) return undefined;
  return `${baseUrl} does not use https: the API key and the training data are sent unencrypted. Use an https URL, or a tunnel to the server.`;
}
