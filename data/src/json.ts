import { ParseErrorCode, visit } from "jsonc-parser";
import { SampleError } from "./values";

/**
 * Like `JSON.parse`, whose own message quotes the text, and does not always say where.
 *
 * @throws {SampleError} with the place alone
 */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new SampleError("", `is not JSON${placeOf(firstError(text), text)}`);
  }
}

function placeOf(offset: number | undefined, text: string): string {
  if (offset === undefined) return "";
  return offset >= text.length
    ? `: it ends after character ${text.length}, too early`
    : ` (at character ${offset + 1})`;
}

/** @returns where the text ceases to be JSON; undefined when it is nested so deeply that this is not found out */
function firstError(text: string): number | undefined {
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
