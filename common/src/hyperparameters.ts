import { z } from "zod";

/**
 * The hyperparameters of a job. This is the only list of them in TypeScript: the input schema, the API's requests and
 * replies, the generated types, `schema.json` and the reference derive from it.
 *
 * Bounds are those of the hosted service. An absent value means that the server decides.
 */
export const hyperparameters = {
  trainingSteps: z.int().min(1).optional().meta({
    description: "Number of optimizer steps, at least 1. Default: chosen by the server, from `epochs` if set.",
  }),
  epochs: z.number().positive().optional().meta({
    description:
      "Passes over the training data, greater than 0. The hosted service runs about one step per MB of data per epoch. Default: chosen by the server.",
  }),
  learningRate: z.number().min(1e-8).max(1).optional().meta({
    description: "Peak learning rate, 1e-8 to 1. Server default: 1e-4.",
  }),
  weightDecay: z.number().min(0).max(1).optional().meta({
    description: "Weight decay, 0 to 1. Server default: 0.1.",
  }),
  warmupFraction: z.number().min(0).max(1).optional().meta({
    description: "Fraction of the steps used for learning-rate warmup, 0 to 1. Server default: 0.05.",
  }),
  seqLen: z.int().min(100).optional().meta({
    description: "Maximum sequence length in tokens, at least 100. Default: the model's maximum.",
  }),
  fimRatio: z.number().min(0).max(1).optional().meta({
    description: "Fraction of fill-in-the-middle samples, 0 to 1. Completion jobs only. Server default: 0.9.",
  }),
} satisfies Record<string, z.ZodOptional<z.ZodNumber>>;
