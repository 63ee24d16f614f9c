import { z } from "zod";

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
});

export type Config = z.output<typeof configSchema>;
