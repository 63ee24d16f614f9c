import { formatAmount } from "#common/format";
import { visibleText } from "#common/visibleText";

const loss = new Intl.NumberFormat("en-US", { minimumFractionDigits: 3, maximumFractionDigits: 3 });

export const formatLoss = (value: number): string => loss.format(value);

const UNITS: readonly [name: string, seconds: number][] = [
  ["d", 86_400],
  ["h", 3600],
  ["min", 60],
  ["s", 1],
];

/** `45 s`, `3 min`, `2 h 5 min`, `1 d 3 h`. */
export function duration(seconds: number): string {
  const index = UNITS.findIndex(([, size]) => seconds >= size);
  const [name, size] = UNITS[index] ?? ["s", 1];
  const count = Math.floor(seconds / size);
  const next = UNITS[index + 1];
  const rest = next === undefined || next[0] === "s" ? 0 : Math.floor((seconds - count * size) / next[1]);
  return rest > 0 ? `${count} ${name} ${rest} ${next?.[0]}` : `${count} ${name}`;
}

/** The first digits of an ID. The page shows the whole ID on hover and copies it. */
export const shortId = (id: string): string => id.slice(0, 8);

/** The name of a job: its suffix, or the first digits of its ID. */
export function jobName({ id, suffix = "" }: { id: string; suffix?: string | undefined }): string {
  return visibleText(suffix).trim() || shortId(id);
}

/** An amount of money with its currency: `3.10 EUR`. */
export const money = (amount: number, currency = ""): string =>
  `${formatAmount(amount)} ${visibleText(currency)}`.trim();

/** `failed validation` */
export const statusText = (status: string): string => status.replaceAll("_", " ").toLowerCase();

/** The name of a field as a label: `Learning rate`. */
export function labelOf(name: string): string {
  const words = name.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}
