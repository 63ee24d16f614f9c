/**
 * Control characters, except line feed and tab, and characters that change the direction of text. A server that sends them
 * could rewrite what a terminal or a review tool shows.
 */
const INVISIBLE = /(?![\n\t])[\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** Removes control characters and bidirectional controls from a text that comes from elsewhere. Keeps line feeds and tabs. */
export function visibleText(text: string): string {
  return text.replace(INVISIBLE, "");
}

/** Like `visibleText`, but shows each removed character as an escape, such as `\u001b`. */
export function escapedText(text: string): string {
  return text.replace(INVISIBLE, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** Whether a text has only visible characters, and no line feeds or tabs. */
export const isVisibleLine = (text: string): boolean => !/[\n\t]/.test(text) && visibleText(text) === text;
