import { existsSync, readFileSync } from "node:fs";
import writeFileAtomic from "write-file-atomic";
import type { z } from "zod";

/** Reads a JSON file of a job's folder. @returns undefined when the file does not exist */
export function readJson<Schema extends z.ZodType>(path: string, schema: Schema): z.output<Schema> | undefined {
  return existsSync(path) ? schema.parse(JSON.parse(readFileSync(path, "utf8"))) : undefined;
}

/** Writes a file that only this user can read. Readers see all of the content or nothing; it is on the disk when this resolves. */
export async function writeAtomically(path: string, content: string): Promise<void> {
  await writeFileAtomic(path, content, { mode: 0o600 });
}
