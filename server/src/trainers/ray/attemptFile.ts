import { existsSync, readFileSync } from "node:fs";
import { z } from "zod";
import { type JobFolder, writeAtomically } from "../program";

const attemptFile = z.object({
  /** 1 for the first. */
  attempt: z.int().min(1),
  /** The furthest step of the attempts before. */
  furthestStep: z.int().min(0),
  /** Launches, up to this one, since there was a new step. */
  idle: z.int().min(0),
  /** The cluster has taken it. Without this, nobody knows whether it has. */
  submitted: z.boolean(),
});
/** `attempt.json`: the latest attempt. It is there before the cluster hears of it. */
export type RayAttempt = z.output<typeof attemptFile>;

export function readAttempt(folder: JobFolder): RayAttempt | undefined {
  return existsSync(folder.attempt) ? attemptFile.parse(JSON.parse(readFileSync(folder.attempt, "utf8"))) : undefined;
}

export async function writeAttempt(folder: JobFolder, attempt: RayAttempt): Promise<void> {
  await writeAtomically(folder.attempt, JSON.stringify(attempt));
}

/** What the cluster knows an attempt by: it takes no id twice, and that is what keeps one job from running twice. */
export function submissionId(jobId: string, { attempt }: Pick<RayAttempt, "attempt">): string {
  return attempt === 1 ? jobId : `${jobId}-${attempt}`;
}
