/** The command line is invalid. */
export class UsageError extends Error {}

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
