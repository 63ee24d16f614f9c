import { isNestedDeeper, MAX_DEPTH } from "#data/limits";

/** The JSON is nested too deeply: such values would overflow the stack when they are validated or written to the state. */
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
  if (isNestedDeeper(text, MAX_DEPTH)) throw new NestedTooDeeply();
  return JSON.parse(text, reviver);
}
