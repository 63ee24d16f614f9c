import { z } from "zod";

/** What is empty is no price of 0. */
const given = (value: unknown) => (value === null || value === "" ? undefined : value);

const price = z
  .strictObject({
    perMillionTokens: z
      .preprocess(given, z.coerce.number().nonnegative())
      .meta({ description: "Price of a million trained tokens." }),
    currency: z.string().min(1).meta({ description: "Currency of the price, for instance `EUR`." }),
  })
  .meta({ id: "Price", description: "What training a model costs." });

/** Pulumi gives a structured value as JSON. */
function parsed(value: unknown): unknown {
  try {
    return typeof value === "string" ? JSON.parse(value) : value;
  } catch {
    return value;
  }
}

/** The stack's configuration, each key with the prefix `mistral:`. */
export const configSchema = z.object({
  apiKey: z
    .string()
    .min(1)
    .optional()
    .meta({
      description: "API key. Set it with `pulumi config set --secret mistral:apiKey`.",
      secret: true,
      environment: ["MISTRAL_API_KEY"],
    }),
  baseUrl: z
    .string()
    .min(1)
    .optional()
    .meta({
      description: "URL of the API. Default: `https://api.mistral.ai`. A loopback address needs no key.",
      environment: ["MISTRAL_BASE_URL"],
    }),
  maxRetries: z.coerce.number().int().min(0).optional().meta({
    description: "How often a request that is safe to repeat is sent again. Default: 4.",
  }),
  requestTimeout: z.coerce.number().positive().optional().meta({
    description: "Longest wait for a reply to one request, in seconds. Default: 60.",
  }),
  prices: z.preprocess(parsed, z.record(z.string(), price)).optional().meta({
    description:
      "Prices by base model, `{<model>: {perMillionTokens, currency}}`: the preview estimates a job's cost from them until the server can say it.",
  }),
});

export type Config = z.output<typeof configSchema>;
