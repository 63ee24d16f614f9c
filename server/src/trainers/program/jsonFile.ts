import { existsSync, readFileSync } from "node:fs";
import { rename, writeFile } from "node:fs/promises";
import type { z } from "zod";

/** Reads a JSON file of a job folder. @returns undefined when the file does not exist */
export function readJson<Schema extends z.ZodType>(path: string, schema: Schema): z.output<Schema> | undefined {
  return existsSync(path) ? schema.parse(JSON.parse(readFileSync(path, "utf8"))) : undefined;
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
