import { encodedForms } from "./encodedForms";

/** Shorter strings are not replaced: they occur in ordinary words, and the text would become unreadable. */
const SHORTEST_SECRET = 6;

/**
 * Replaces every secret in a text with `[secret]`. An error message from a server, a proxy or a program may repeat the
 * request that it received: as plain text, with some or all characters escaped as in JSON, URLs or HTML, in hex, or in base64. Base64
 * is also found inside a longer encoded text, such as `user:secret`.
 *
 * @param secrets API keys and tokens
 * @param shortest secrets with fewer characters are ignored; 6 by default
 */
export function redact(text: string, secrets: readonly string[], shortest = SHORTEST_SECRET): string {
  const found = secrets.filter((secret) => secret.length >= shortest && secret !== "");
  return found.length === 0 ? text : text.replace(patternOf(found), "[secret]");
}

let last: { secrets: string; pattern: RegExp } | undefined;

/** Returns one pattern for all secrets: a secret that is itself part of "[secret]" must not be replaced again. Keeps the last pattern. */
function patternOf(secrets: readonly string[]): RegExp {
  const key = JSON.stringify(secrets);
  if (last?.secrets !== key) {
    const forms = [...new Set(secrets)]
      .flatMap(encodedForms)
      // The longest first: a secret may begin with another one, and its rest must not stay in the text.
      .sort((a, b) => b.length - a.length);
    last = { secrets: key, pattern: new RegExp(forms.map(({ source }) => source).join("|"), "g") };
  }
  return last.pattern;
}
