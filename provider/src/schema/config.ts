import { z } from "zod";

/** Treats an empty value as unset, because zod would coerce it to a price of 0. */
const emptyAsUndefined = (value: unknown) => (value === null || value === "" ? undefined : value);

const price = z
  .strictObject({
    perMillionTokens: z
      .preprocess(emptyAsUndefined, z.coerce.number().nonnegative())
      .meta({ description: "Price per million trained tokens." }),
    currency: z.string().min(1).meta({ description: "Currency of the price, for example `EUR`." }),
  })
  .meta({ id: "Price", description: "Training price of one base model." });

/** Pulumi passes a structured config value as a JSON string. */
function parsed(value: unknown): unknown {
  try {
    return typeof value === "string" ? JSON.parse(value) : value;
  } catch {
    return value;
  }
}

/** The stack's configuration. Each key has the prefix `mistral:`. */
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
      description: "Base URL of the API. A loopback address needs no key. Default: `https://api.mistral.ai`.",
      environment: ["MISTRAL_BASE_URL"],
    }),
  maxRetries: z.coerce.number().int().min(0).optional().meta({
    description: "Maximum number of retries of an idempotent request. Default: 4.",
  }),
  requestTimeout: z.coerce.number().positive().optional().meta({
    description: "Timeout of one request, in seconds. Default: 60.",
  }),
  prices: z.preprocess(parsed, z.record(z.string(), price)).optional().meta({
    description:
      "Price per base model: `{<model>: {perMillionTokens, currency}}`. Previews use this price only if the server publishes none.",
  }),
});

/** The inputs of the plugin's provider resource. The dynamic provider gets the organization from the program. */
export const providerSchema = configSchema.extend({
  organization: z
    .string()
    .min(1)
    .optional()
    .meta({
      description:
        "Pulumi organization of the stack. It is part of a job's identity, and Pulumi does not send it to plugins. Set it if stacks of several organizations share a server. Default: `organization`, which is the organization of every self-managed backend.",
      environment: ["PULUMI_ORGANIZATION"],
    }),
});

export type Config = z.output<typeof configSchema>;
