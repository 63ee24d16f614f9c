import { z } from "zod";
import { figures } from "../../../domain/evaluation";

/** Programs omit a field or write `null` for NaN and Infinity, which JSON does not support. */
const number = z
  .number()
  .nullish()
  .transform((value) => value ?? undefined);
const step = z.int().min(0);
const time = z.number();

const metrics = z.object({
  train_loss: z.number(),
  valid_loss: number,
  valid_mean_token_accuracy: number,
  valid_accuracy: number,
});

/** One line of `progress.jsonl`. Times are Unix seconds, with fractions. Unknown fields are ignored. */
export const progressRecord = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("start"),
    time,
    total_steps: z.int().min(1),
    step: step.default(0),
    tokens_per_step: number,
    data_tokens: number,
    epochs: number,
  }),
  z.object({
    type: z.literal("event"),
    time,
    name: z.string().min(1).max(256),
    data: z.record(z.string(), z.unknown()).default({}),
  }),
  z.object({
    type: z.literal("step"),
    time,
    step,
    loss: number,
    tokens: number,
    remaining_seconds: number,
    learning_rate: number,
    grad_norm: number,
    tokens_per_second: number,
    gpu_memory_bytes: number,
  }),
  z.object({ type: z.literal("checkpoint"), time, step, metrics }),
  z.object({ type: z.literal("evaluation"), time, stage: z.enum(["base", "tuned"]), step, metrics: figures }),
  z.discriminatedUnion("status", [
    z.object({
      type: z.literal("result"),
      time,
      status: z.literal("succeeded"),
      artifact: z.literal("artifact").default("artifact"),
      trained_tokens: number,
      step,
      /** Checkpoint of the artifact. An invalid value does not make the training fail. */
      kept_step: step.optional().catch(undefined),
      stop_reason: z.enum(["steps", "early_stopping"]).default("steps"),
    }),
    z.object({ type: z.literal("result"), time, status: z.literal("failed"), reason: z.string() }),
  ]),
]);
export type ProgressRecord = z.output<typeof progressRecord>;

/** Parses a line. @returns undefined for invalid JSON; null for valid JSON that is not a known record */
export function parseRecord(line: string): ProgressRecord | null | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  return progressRecord.safeParse(value).data ?? null;
}
