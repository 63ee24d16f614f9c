import { existsSync, readFileSync } from "node:fs";
import { z } from "zod";
import type { JobFolder } from "../program";

const attemptFile = z.object({
  /** 1 for the first. */
  attempt: z.int().min(1),
  pid: z.int().min(2),
  identity: z.string(),
  /** The furthest step of the attempts before. */
  furthestStep: z.int().min(0),
  /** Launches, up to this one, since there was a new step. */
  idle: z.int().min(0),
});
/** `attempt.json`: the latest attempt and its runner. */
export type Attempt = z.output<typeof attemptFile>;

const exitFile = z.object({
  attempt: z.int().min(1),
  code: z.int().nullable(),
  signal: z.string().nullable(),
  /** The runner ended the program because it wrote nothing for too long. */
  hung: z.boolean().optional(),
});
/** `exit.json`: how the program of an attempt ended. */
export type Exit = z.output<typeof exitFile>;

export function readAttempt(folder: JobFolder): Attempt | undefined {
  return readJson(folder.attempt, attemptFile);
}

export function readExit(folder: JobFolder): Exit | undefined {
  return readJson(folder.exit, exitFile);
}

function readJson<Schema extends z.ZodType>(path: string, schema: Schema): z.output<Schema> | undefined {
  return existsSync(path) ? schema.parse(JSON.parse(readFileSync(path, "utf8"))) : undefined;
}
