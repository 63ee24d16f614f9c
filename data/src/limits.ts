import { SampleError } from "./values";

/** No sensible sample is nested this deeply. Python's JSON parser and Arrow fail at some hundreds of levels. */
export const MAX_DEPTH = 100;

/** More lists, objects and commas take too much memory: an empty object is two characters in a file, and 56 bytes in memory. */
const MAX_STRUCTURE = 1_000_000;

/** The limits of a sample's JSON. Data that was accepted before may have larger ones. */
export interface SizeLimits {
  /** How deeply lists and objects may be nested; default `MAX_DEPTH`. */
  maxDepth?: number | undefined;
  /** How many lists, objects and commas there may be; default 1,000,000. */
  maxStructure?: number | undefined;
}

/**
 * Checks the size of JSON before it is parsed: parsing 16 MB of `[` takes 800 MB, and a thread that runs out of memory can end
 * the process. May report JSON that is also invalid.
 *
 * @throws {SampleError} when the text is nested too deeply, or has too many values
 */
export function checkJsonSize(
  text: string,
  { maxDepth = MAX_DEPTH, maxStructure = MAX_STRUCTURE }: SizeLimits = {},
  path = "",
): void {
  if (isNestedDeeper(text, maxDepth)) throw new SampleError(path, `is nested more than ${maxDepth} levels deep`);
  if (text.length > maxStructure && countStructure(text) > maxStructure) {
    throw new SampleError(
      path,
      `has more than ${maxStructure.toLocaleString("en")} lists, objects and commas; split the sample`,
    );
  }
}

/**
 * Returns whether JSON text has more than `maxDepth` lists and objects within each other.
 *
 * @example
 * isNestedDeeper("[[1]]", 1); // true
 */
export function isNestedDeeper(text: string, maxDepth: number): boolean {
  // Counting with `indexOf` is much faster than reading each character, and enough for almost all texts.
  const most = maxDepth - count(text, "{", maxDepth + 1);
  return most < 0 || count(text, "[", most + 1) > most ? depthExceeds(text, maxDepth) : false;
}

/** Counts the occurrences of a character, up to a limit. */
function count(text: string, character: string, limit: number): number {
  let found = 0;
  for (let at = text.indexOf(character); at !== -1 && found < limit; at = text.indexOf(character, at + 1)) found++;
  return found;
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;
/** `[` and `{` differ in one bit, and so do `]` and `}`. */
const BRACE_BIT = 0x20;
const OPEN = 0x7b;
const CLOSE = 0x7d;

function depthExceeds(text: string, maxDepth: number): boolean {
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = endOfString(text, at);
    else if ((code | BRACE_BIT) === OPEN && ++depth > maxDepth) return true;
    else if ((code | BRACE_BIT) === CLOSE) depth--;
  }
  return false;
}

/** Returns the number of lists, objects and commas outside strings. */
function countStructure(text: string): number {
  let found = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = endOfString(text, at);
    else if (code === COMMA || (code | BRACE_BIT) === OPEN) found++;
  }
  return found;
}

/** Returns the position of the quote that ends a string, or the end of the text. */
function endOfString(text: string, start: number): number {
  for (let at = text.indexOf('"', start + 1); at !== -1; at = text.indexOf('"', at + 1)) {
    let backslashes = 0;
    while (text.charCodeAt(at - 1 - backslashes) === BACKSLASH) backslashes++;
    if (backslashes % 2 === 0) return at;
  }
  return text.length;
}
