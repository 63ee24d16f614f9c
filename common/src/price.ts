import { z } from "zod";

/** The price of trainings with a base model. `currency` is an ISO 4217 code. */
export const Price = z.object({ per_million_tokens: z.number().min(0), currency: z.string() });
export type Price = z.output<typeof Price>;

/** Returns the cost of training on this many tokens, rounded to four decimals. */
export function costOf(tokens: number, price: Price): number {
  return Number(((tokens / 1e6) * price.per_million_tokens).toFixed(4));
}
