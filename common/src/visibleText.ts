/**
 * Control characters, except line feed and tab, and characters that change the direction of text. A server that sends them
 * could rewrite what a terminal or a review tool shows.
 */
const INVISIBLE = /[\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** Removes control characters and bidirectional controls from a text that comes from elsewhere. Keeps line feeds and tabs. */
export function visibleText(text: string): string {
  return text.replace(INVISIBLE, (character) => (character === "\n" || character === "\t" ? character : ""));
}
