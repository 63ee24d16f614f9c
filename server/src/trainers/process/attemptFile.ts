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
  /** The GPUs of the attempt, as in `CUDA_VISIBLE_DEVICES`. Absent in attempts of release 0.1.0. */
  gpus: z.array(z.string()).readonly().optional(),
});
/** `attempt.json`: the latest attempt and its runner. */
export type Attempt = z.output<typeof attemptFile>;

export function readAttempt(folder: JobFolder): Attempt | undefined {
  return readJson(folder.attemptFile, attemptFile);
}

/** The exit code of a runner that could not begin its attempt because of a system error, such as a full disk. */
export const SYSTEM_ERROR = 75;
