import { closeSync, constants, fstatSync, lstatSync, openSync, readFileSync, rmSync, type Stats } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { basename } from "node:path";
import { MEBIBYTE } from "#common";

/** A larger file would block the server while it is parsed. */
const MAX_JSON_BYTES = 16 * MEBIBYTE;

/**
 * A training program can replace every file of its folder, also by a named pipe. Without this flag, opening a pipe waits for
 * another process, and blocks the server or a thread of its pool.
 */
const READ_WITHOUT_WAITING = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

/**
 * Reads a JSON text of at most 16 MiB.
 *
 * @throws when the file is a pipe or a device, or too large; ENOENT when it does not exist
 */
export function readJsonText(path: string): string {
  const file = openSync(path, READ_WITHOUT_WAITING);
  try {
    const stats = fstatSync(file);
    if (cannotEnd(stats)) throw new Error(`${basename(path)} is not a file`);
    if (stats.size > MAX_JSON_BYTES) throw new Error(`${basename(path)} is larger than ${MAX_JSON_BYTES} bytes`);
    return readFileSync(file, "utf8");
  } finally {
    closeSync(file);
  }
}

/** Opens a file for reading. @returns undefined when it does not exist, or is a pipe or a device */
export async function openToRead(path: string): Promise<FileHandle | undefined> {
  const file = await open(path, READ_WITHOUT_WAITING).catch(ignoreMissing);
  if (file === undefined || !cannotEnd(await file.stat())) return file;
  await file.close();
  return undefined;
}

/** Opens the log of a program for appending. Replaces a pipe, a link or a folder in its place. */
export function openLog(path: string): number {
  if (lstatSync(path, { throwIfNoEntry: false })?.isFile() === false) rmSync(path, { recursive: true });
  return openSync(path, "a", 0o600);
}

/** Whether reading would wait for other processes. Reading a folder fails with a system error, which is retried. */
const cannotEnd = (stats: Stats): boolean => !stats.isFile() && !stats.isDirectory();

function ignoreMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== "ENOENT") throw error;
}
