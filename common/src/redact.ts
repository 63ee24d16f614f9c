/** Shorter strings are not replaced: they occur in ordinary words, and the text would become unreadable. */
const SHORTEST_SECRET = 6;

/**
 * Replaces every secret in a text with `[secret]`. An error message from a server, a proxy or a program may repeat the
 * request that it received, as plain text or inside JSON.
 *
 * @param secrets API keys and tokens
 * @param shortest secrets with fewer characters are ignored; 6 by default
 */
export function redact(text: string, secrets: readonly string[], shortest = SHORTEST_SECRET): string {
  const found = [...secrets, ...secrets.map((secret) => JSON.stringify(secret).slice(1, -1))]
    .filter((secret) => secret.length >= shortest)
    // The longest first: a secret may begin with another one, and its rest must not stay in the text.
    .sort((a, b) => b.length - a.length)
    .map((secret) => secret.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&"));
  // One pass: a secret that is itself part of "[secret]" must not be replaced again.
  return found.length === 0 ? text : text.replace(new RegExp(found.join("|"), "g"), "[secret]");
}
