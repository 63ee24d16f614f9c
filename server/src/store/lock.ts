import { chmodSync, mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import Database from "libsql";
import { UsageError } from "../domain/errors";

/**
 * Locks a data folder. Two servers on the same folder would both train its jobs.
 *
 * @param keepsAccess keeps the access of other users to an existing folder: Ray workers may run as another user
 * @returns a function that releases the lock
 * @throws {UsageError} when the folder cannot be created, or another server has locked it
 */
export function lockFolder(dataDir: string, keepsAccess = false): () => void {
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    if (!keepsAccess) removeWorldAccess(dataDir);
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
 * folder's group. Only warns when the access cannot be removed: the server's user may not own a mounted volume.
 */
function removeWorldAccess(folder: string): void {
  const { mode } = statSync(folder);
  if ((mode & 0o007) === 0) return;
  try {
    chmodSync(folder, mode & 0o7770);
  } catch (error) {
    process.emitWarning(
      `All users of this machine can access the data folder ${folder}, and this server cannot change that ` +
        `(${(error as NodeJS.ErrnoException).code}). Run \`chmod o-rwx\` on the folder as its owner.`,
    );
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
