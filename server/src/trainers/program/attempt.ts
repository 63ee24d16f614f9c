import { z } from "zod";

/**
 * The fields of `attempt.json` that determine the next attempt. Each trainer adds the fields that identify a running
 * attempt.
 */
export const attemptFields = z.object({
  /** The number of the attempt; 1 for the first. */
  attempt: z.int().min(1),
  /** The highest step of all earlier attempts. */
  furthestStep: z.int().min(0),
  /** The number of consecutive attempts without a new step. The name is part of the file format. */
  idle: z.int().min(0),
});
export type AttemptFields = z.output<typeof attemptFields>;

export const FIRST_ATTEMPT: Readonly<AttemptFields> = { attempt: 1, furthestStep: 0, idle: 0 };
