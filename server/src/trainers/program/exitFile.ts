import { z } from "zod";
import type { JobFolder } from "./jobFolder";
import { readJson } from "./jsonFile";

const exitFile = z.object({
  attempt: z.int().min(1),
  code: z.int().nullable(),
  signal: z.string().nullable(),
  /** The launcher killed the program because `progress.jsonl` did not grow within the hang timeout. */
  hung: z.boolean().optional(),
});
/** `exit.json`: how the program of an attempt ended. */
export type Exit = z.output<typeof exitFile>;

/** Returns how the program of the latest ended attempt exited, or undefined when no attempt has ended. */
export function readExit(folder: JobFolder): Exit | undefined {
  return readJson(folder.exitFile, exitFile);
}

/** Returns how the program of this attempt exited, or undefined when no exit of this attempt is recorded. */
export function exitOfAttempt(folder: JobFolder, { attempt }: { attempt: number }): Exit | undefined {
  const exit = readExit(folder);
  return exit?.attempt === attempt ? exit : undefined;
}
