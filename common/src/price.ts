import { z } from "zod";

/** The price of trainings with a base model. `currency` is an ISO 4217 code. */
export const Price = z.object({ per_million_tokens: z.number().min(0), currency: z.string() });
