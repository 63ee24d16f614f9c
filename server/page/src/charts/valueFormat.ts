import { percent } from "#common/format";

const significant = new Intl.NumberFormat("en-US", { maximumSignificantDigits: 4, notation: "compact" });
const whole = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });

export { formatLoss } from "../format";

/** `1.5`, `12K` */
export const shortNumber = (value: number): string => significant.format(value);

/** `12,345` */
export const formatSpeed = (value: number): string => whole.format(value);

/** `68.1 %` */
export const formatShare = (value: number): string => percent(Number(value.toFixed(3)));

/** `1e-4`, `2.5e-5`, `0` */
export function formatRate(value: number): string {
  if (value === 0) return "0";
  const [digits, exponent] = value.toExponential(2).split("e");
  return `${Number(digits)}e${Number(exponent)}`;
}
