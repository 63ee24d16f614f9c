import { chmodSync, mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import Database from "libsql";
import { UsageError } from "../domain/errors";

/**
 * Locks a data folder. Two servers on the same folder would both train its jobs.
 *
 * @returns a function that releases the lock
 * @throws {UsageError} when the folder cannot be created, other users' access to it cannot be removed, or another server
 * has locked it
 */
export function lockFolder(dataDir: string): () => void {
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    removeWorldAccess(dataDir);
  } catch (error) {
    throw new UsageError(`cannot use the data folder ${dataDir}: ${(error as Error).message}`);
  }
  const unlock = tryLock(join(dataDir, "lock"));
  if (unlock === undefined) {
    throw new UsageError(`${dataDir} is in use by another server; choose another folder with --data`);
  }
  return unlock;
}

/**
 * Removes the access of other users, who could read the database, the signing key and all files. Keeps the access of the
 * folder's group, which Ray workers may need.
 */
function removeWorldAccess(folder: string): void {
  const { mode } = statSync(folder);
  if ((mode & 0o007) !== 0) {
    chmodSync(folder, mode & 0o7770);
  }
}

/**
 * Acquires a lock through SQLite, which uses a lock of the operating system: it disappears when the process dies. The
 * lock has a separate file, because libsql closes a database only after its last statement is garbage-collected.
 *
 * @returns a function that releases the lock, or undefined when another process holds it
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
