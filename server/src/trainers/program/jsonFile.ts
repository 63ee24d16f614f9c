import { statSync } from "node:fs";
import { rename, writeFile } from "node:fs/promises";
import type { z } from "zod";
import { readJsonText } from "./programFile";

/**
 * Whether a file or folder exists. Throws when the file system does not answer: unlike `existsSync`, which then returns
 * false. A trainer would take a running program for one that was never started.
 */
export function exists(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}

/** Reads a JSON file of a job folder, at most 16 MiB. @returns undefined when the file does not exist */
export function readJson<Schema extends z.ZodType>(path: string, schema: Schema): z.output<Schema> | undefined {
  let text: string;
  try {
    text = readJsonText(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  return schema.parse(JSON.parse(text));
}

/**
 * Writes a file that only the server's user can read. Readers see the old content or the complete new content, also
 * after a crash or a power failure: the content is flushed to the disk before the rename. Two writes of the same file
 * must not overlap.
 *
 * @throws when the disk is full; the file then keeps its old content
 */
export async function writeAtomically(path: string, content: string): Promise<void> {
  const partial = `${path}.partial`;
  await writeFile(partial, content, { mode: 0o600, flush: true });
  await rename(partial, path);
}
