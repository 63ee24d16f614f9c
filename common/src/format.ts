const number = new Intl.NumberFormat("en-US", { maximumSignificantDigits: 15 });
const money = new Intl.NumberFormat("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const size = new Intl.NumberFormat("en-US", { maximumSignificantDigits: 3 });
// Fewer digits than a double has, so that rounding errors do not show: 0.07 * 100 is 7.000000000000001.
const percentage = new Intl.NumberFormat("en-US", { maximumSignificantDigits: 12 });

/** `1,200`, `0.5` */
export const formatCount = (value: number): string => number.format(value);

/** `1 sample`, `1,200 samples` */
export const plural = (value: number, noun: string): string => `${formatCount(value)} ${noun}${value === 1 ? "" : "s"}`;

/** Formats an amount of money without its currency: `3.10`. Amounts below 1 keep two significant digits: `0.0042`. */
export const formatAmount = (value: number): string =>
  value === 0 || value >= 1 ? money.format(value) : String(Number(value.toPrecision(2)));

/** `2.1 MB`, in units of 1000. */
export function formatBytes(bytes: number): string {
  const units = ["bytes", "kB", "MB", "GB"];
  const unit = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(bytes, 1)) / 3)));
  return `${size.format(bytes / 1000 ** unit)} ${units[unit]}`;
}

/** Formats a fraction as a percentage: 0.07 is `7 %`, 0.125 is `12.5 %`. */
export const percent = (share: number): string => `${percentage.format(share * 100)} %`;
