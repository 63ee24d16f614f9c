import { z } from "zod";
import { MEBIBYTE } from "#common";
import { costOf, type Price } from "#common/price";
import type { Plan, PlanEvent } from "../../../domain/trainer";

const count = z.int().min(0);
const event = z.object({
  name: z.string().min(1).max(256),
  data: z.record(z.string(), z.unknown()).nullish(),
});

const planned = z.looseObject({
  version: z.literal(1),
  status: z.literal("ok"),
  total_steps: z.int().min(1),
  epochs: z.number().positive(),
  tokens_per_step: z.number().min(0),
  data_tokens: count,
  samples: count,
  skipped_samples: count.nullish(),
  events: z.array(event).nullish(),
});

const invalid = z.looseObject({
  version: z.literal(1),
  status: z.literal("invalid"),
  reason: z.string().min(1),
  findings: z.array(z.string()).nullish(),
});

/** `plan.json`: the plan of a training program, or why it cannot train the job. Unknown fields are kept. */
export const planFile = z.discriminatedUnion("status", [planned, invalid]);
export type PlanFile = z.output<typeof planFile>;
export type PlannedFile = z.output<typeof planned>;

/** Converts the plan of a training program. */
export function toPlan(file: PlannedFile, price: Price | undefined): Plan {
  const tokensPerStep = Math.round(file.tokens_per_step);
  return {
    totalSteps: file.total_steps,
    epochs: file.epochs,
    samples: file.samples,
    skippedSamples: file.skipped_samples ?? 0,
    dataTokens: file.data_tokens,
    tokensPerStep,
    ...(price && { cost: costOf(file.total_steps * tokensPerStep, price), costCurrency: price.currency }),
    source: "program",
  };
}

/** Returns the events of a plan: at most the first 100, and 1 MiB of them. */
export function toEvents({ events }: PlannedFile): PlanEvent[] {
  let bytes = 0;
  return (events ?? [])
    .slice(0, MAX_EVENTS)
    .map(({ name, data }) => ({ name, data: data ?? {} }))
    .filter((event) => {
      bytes += Buffer.byteLength(JSON.stringify(event));
      return bytes <= MAX_EVENT_BYTES;
    });
}

const MAX_EVENTS = 100;

/** Each reply about the job contains them. */
const MAX_EVENT_BYTES = MEBIBYTE;
