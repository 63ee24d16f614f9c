import { z } from "zod";
import { attemptFields } from "../program/attempt";
import type { JobFolder } from "../program/jobFolder";
import { readJson, writeAtomically } from "../program/jsonFile";

const attemptFile = z.object({
  ...attemptFields.shape,
  /** Ray has accepted the submission. While false, it is unknown whether Ray has received it. */
  submitted: z.boolean(),
});
/** `attempt.json`: the latest attempt. The server writes it before it submits the attempt to Ray. */
export type RayAttempt = z.output<typeof attemptFile>;

export function readAttempt(folder: JobFolder): RayAttempt | undefined {
  return readJson(folder.attemptFile, attemptFile);
}

export async function writeAttempt(folder: JobFolder, attempt: RayAttempt): Promise<void> {
  await writeAtomically(folder.attemptFile, JSON.stringify(attempt));
}

/** Returns the submission ID of an attempt. Ray refuses an ID that it already has, so an attempt never runs twice. */
export function submissionId(jobId: string, { attempt }: Pick<RayAttempt, "attempt">): string {
  return attempt === 1 ? jobId : `${jobId}-${attempt}`;
}
