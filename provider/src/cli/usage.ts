/** The command line is invalid. */
export class UsageError extends Error {}

/** Runs a parser of the command line. @throws {UsageError} with the message of its error */
export function withUsageErrors<Result>(parse: () => Result): Result {
  try {
    return parse();
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

export function numberOption(name: string, text: string | undefined, least: number, most: number): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text.trim() !== "" && value >= least && value <= most) return value;
  throw new UsageError(`${name}: expected a number from ${least} to ${most}, got ${JSON.stringify(text)}`);
}

export function wholeNumberOption(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new UsageError(`${name}: expected a whole number of at least 1, got ${JSON.stringify(text)}`);
}
