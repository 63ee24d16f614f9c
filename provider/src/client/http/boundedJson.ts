/** Replies have about ten levels. Deeper values would overflow the stack when they are validated or written to the state. */
const MAX_DEPTH = 100;

/** The JSON is nested too deeply. */
export class NestedTooDeeply extends Error {}

/**
 * Parses JSON, like `JSON.parse`.
 *
 * @throws {SyntaxError | NestedTooDeeply}
 */
export function parseBoundedJson(
  text: string,
  reviver?: (this: unknown, key: string, value: unknown) => unknown,
): unknown {
  if (isTooDeep(text)) throw new NestedTooDeeply();
  return JSON.parse(text, reviver);
}

/** Counts the brackets that are open at a time, in one pass. Skips strings. */
function isTooDeep(text: string): boolean {
  let depth = 0;
  let isString = false;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (isString) {
      if (code === BACKSLASH) index++;
      else if (code === QUOTE) isString = false;
    } else if (code === QUOTE) isString = true;
    else if (code === OPEN_LIST || code === OPEN_OBJECT) {
      if (++depth > MAX_DEPTH) return true;
    } else if (code === CLOSE_LIST || code === CLOSE_OBJECT) depth--;
  }
  return false;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
