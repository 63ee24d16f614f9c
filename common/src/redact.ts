/** Shorter strings are not replaced: they occur in ordinary words, and the text would become unreadable. */
const SHORTEST_SECRET = 6;

/**
 * Replaces every secret in a text with `[secret]`. An error message from a server, a proxy or a program may repeat the
 * request that it received: as plain text, inside JSON, percent-encoded, or in base64. Base64 is also found inside
 * a longer encoded text, such as `user:secret`.
 *
 * @param secrets API keys and tokens
 * @param shortest secrets with fewer characters are ignored; 6 by default
 */
export function redact(text: string, secrets: readonly string[], shortest = SHORTEST_SECRET): string {
  const found = [...new Set(secrets.filter((secret) => secret.length >= shortest).flatMap(formsOf))]
    // The longest first: a secret may begin with another one, and its rest must not stay in the text.
    .sort((a, b) => b.length - a.length)
    .map((secret) => secret.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&"));
  // One pass: a secret that is itself part of "[secret]" must not be replaced again.
  return found.length === 0 ? text : text.replace(new RegExp(found.join("|"), "g"), "[secret]");
}

/** Base64 of fewer characters occurs in ordinary text. */
const SHORTEST_BASE64 = 8;

/** Returns the encodings of a secret. Converts to UTF-8 first, because encodeURIComponent throws on unpaired surrogates. */
function formsOf(secret: string): string[] {
  const encoded = [0, 1, 2]
    .flatMap((offset) => base64At(secret, offset))
    .filter((form) => form.length >= SHORTEST_BASE64);
  return [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(Buffer.from(secret).toString()), ...encoded];
}

/**
 * Returns the part of the base64 text that depends only on the secret, when `offset` other bytes (0 to 2) precede the
 * secret.
 */
function base64At(secret: string, offset: number): string[] {
  const bytes = Buffer.concat([Buffer.alloc(offset), Buffer.from(secret)]);
  const first = Math.ceil((offset * 8) / 6);
  const end = Math.floor((bytes.length * 8) / 6);
  return [bytes.toString("base64").slice(first, end), bytes.toString("base64url").slice(first, end)];
}
