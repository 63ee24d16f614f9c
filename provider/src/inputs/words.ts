const number = new Intl.NumberFormat("en-US", { maximumSignificantDigits: 15 });
const money = new Intl.NumberFormat("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const size = new Intl.NumberFormat("en-US", { maximumSignificantDigits: 3 });

/** `1,200`, `0.5` */
export const count = (value: number): string => number.format(value);

/** `3.10`; amounts below one keep two digits that say something: `0.0042`. */
export const amount = (value: number): string =>
  value === 0 || value >= 1 ? money.format(value) : String(Number(value.toPrecision(2)));

/** `2.1 MB`, in units of 1000. */
export function bytesText(bytes: number): string {
  const units = ["bytes", "kB", "MB", "GB"];
  const unit = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(bytes, 1)) / 3)));
  return `${size.format(bytes / 1000 ** unit)} ${units[unit]}`;
}

/** `1 sample`, `1,200 samples` */
export const several = (value: number, noun: string): string => `${count(value)} ${noun}${value === 1 ? "" : "s"}`;
