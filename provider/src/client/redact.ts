/** Shorter strings are no secrets, and replacing them would garble the message. */
const SHORTEST_SECRET = 6;

/** The text without the secrets: a server, or a proxy, may echo what it was sent. */
export function redact(text: string, secrets: readonly string[]): string {
  return secrets
    .filter((secret) => secret.length >= SHORTEST_SECRET)
    .reduce((cleaned, secret) => cleaned.replaceAll(secret, "[secret]"), text);
}
