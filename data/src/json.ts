import { ParseErrorCode, visit } from "jsonc-parser";
import { SampleError } from "./values";

/**
 * Parses JSON. Unlike the error of `JSON.parse`, this error contains the position of the problem, if the position is known, and
 * never quotes the text, which may be private.
 *
 * @throws {SampleError} with the position of the first error, for example `is not valid JSON (at character 9)`
 */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new SampleError("", `is not valid JSON${describePosition(firstError(text), text)}`);
  }
}

function describePosition(offset: number | undefined, text: string): string {
  if (offset === undefined) return "";
  return offset >= text.length ? `: unexpected end after character ${text.length}` : ` (at character ${offset + 1})`;
}

/** Locating an error in a longer text takes seconds and hundreds of megabytes. */
const MAX_LOCATED_CHARACTERS = 2 * 1024 ** 2;

/** Returns the offset of the first syntax error; undefined when the text is too long or nested too deeply for the parser. */
function firstError(text: string): number | undefined {
  if (text.length > MAX_LOCATED_CHARACTERS) return undefined;
  let first: number | undefined;
  const onError = (error: ParseErrorCode, offset: number, length: number) => {
    first ??= error === ParseErrorCode.UnexpectedEndOfString ? offset + length : offset;
  };
  try {
    visit(text, { onError }, { disallowComments: true, allowEmptyContent: false, allowTrailingComma: false });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
  return first;
}
