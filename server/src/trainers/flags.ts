import { UsageError } from "../domain/errors";

/** A command-line flag that takes a value. */
export interface Flag<Options> {
  /** Without the dashes: `max-jobs`. */
  name: string;
  /** The placeholder in `--help`: `N`, `FILE`. */
  value: string;
  /** For `--help`: one string for each line. */
  help: readonly string[];
  /** The server option that the flag sets. */
  option: keyof Options & string;
  /** As text, parsed like a value from the command line. Without a default, the option stays unset. */
  default?: string;
  /**
   * Parses the value. Without this function, the text is the value.
   *
   * @param flag the flag's name for error messages: `--max-jobs`
   * @throws {UsageError} when the text is invalid
   */
  parse?(text: string, flag: string): unknown;
}

/** Returns a parser of whole numbers from `min` to `max`. */
export function integer(min: number, max: number): (text: string, flag: string) => number {
  return (text, flag) => {
    if (!/^\d+$/.test(text) || Number(text) > max || Number(text) < min) {
      throw new UsageError(`${flag} takes a whole number from ${min} to ${max}, not ${text}`);
    }
    return Number(text);
  };
}

/** Parses a number above 0, at most 1,000,000; fractions are allowed. @throws {UsageError} */
export function positiveNumber(text: string, flag: string): number {
  const number = Number(text);
  if (!(number > 0 && number <= 1e6)) {
    throw new UsageError(`${flag} takes a number above 0, at most 1000000, not ${text}`);
  }
  return number;
}
