import { z } from "zod";
import { attemptFields } from "../program/attempt";
import type { JobFolder } from "../program/jobFolder";
import { readJson } from "../program/jsonFile";

const attemptFile = z.object({
  ...attemptFields.shape,
  /** The process ID of the runner. */
  pid: z.int().min(2),
  /** See `processIdentity`: distinguishes the runner from a later process with the same ID. */
  identity: z.string(),
});
/** `attempt.json`: the latest attempt and its runner. */
export type Attempt = z.output<typeof attemptFile>;

export function readAttempt(folder: JobFolder): Attempt | undefined {
  return readJson(folder.attemptFile, attemptFile);
}
