import { redact, visibleText } from "#common";

/** The API keys of all connections of this process, from inputs, the stack's config and the environment. */
const keys = new Set<string>();

/** Records a key that this process sends, so that no message and no output shows the key when a server echoes it. */
export function rememberKey(key: string | undefined): void {
  if (key !== undefined) keys.add(key);
}

/** Redacts the API keys of this process. @param shortest keys with fewer characters are ignored; 6 by default */
export function withoutKeys(text: string, shortest?: number): string {
  return redact(text, [...keys], shortest);
}

/** Prepares a text for the terminal: redacts API keys, and removes control characters that a server may have sent. */
export function printable(text: string): string {
  return withoutKeys(visibleText(text));
}
