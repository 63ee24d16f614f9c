import { mkdirSync } from "node:fs";
import { join } from "node:path";
import Database from "libsql";
import { UsageError } from "../domain/errors";

/**
 * Makes a data folder this server's own: two servers on one folder would both train its jobs.
 *
 * @returns what to call to let the folder go
 * @throws {UsageError} when the folder cannot be used, or another server has it
 */
export function lockFolder(dataDir: string): () => void {
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new UsageError(`cannot use the data folder ${dataDir}: ${(error as Error).message}`);
  }
  const unlock = tryLock(join(dataDir, "lock"));
  if (unlock === undefined) {
    throw new UsageError(`${dataDir} is in use by another server; give this one a folder of its own with --data`);
  }
  return unlock;
}

/**
 * Takes a lock that is one of SQLite's, and so of the operating system's: a killed process leaves none behind. It has a
 * file of its own, since a database is not let go before the last of its statements has been collected as garbage.
 *
 * @returns what to call to let it go; undefined when another process has it
 */
export function tryLock(path: string): (() => void) | undefined {
  const lock = new Database(path);
  try {
    lock.exec("BEGIN EXCLUSIVE");
  } catch (error) {
    lock.close();
    if ((error as { code?: string }).code === "SQLITE_BUSY") {
      return undefined;
    }
    throw error;
  }
  return () => lock.close();
}
