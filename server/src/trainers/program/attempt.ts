import { z } from "zod";

/** The fields of `attempt.json` that decide about the next attempt. Each trainer adds how it finds the attempt again. */
export const attemptFields = z.object({
  /** 1 for the first. */
  attempt: z.int().min(1),
  /** The furthest step of the attempts before. */
  furthestStep: z.int().min(0),
  /** Launches, up to this one, since there was a new step. */
  idle: z.int().min(0),
});
export type AttemptFields = z.output<typeof attemptFields>;

export const FIRST_ATTEMPT: Readonly<AttemptFields> = { attempt: 1, furthestStep: 0, idle: 0 };
