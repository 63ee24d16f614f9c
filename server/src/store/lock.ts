import { mkdirSync } from "node:fs";
import { join } from "node:path";
import Database from "libsql";
import { UsageError } from "../errors";

/**
 * Makes a data folder this server's own: two servers on one folder would both train its jobs. The lock is one of SQLite's,
 * and so of the operating system's: a killed server leaves none behind. It has a file of its own, since a database is
 * not let go before the last of its statements has been collected as garbage.
 *
 * @returns what to call to let the folder go
 */
export function lockFolder(dataDir: string): () => void {
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new UsageError(`cannot use the data folder ${dataDir}: ${(error as Error).message}`);
  }
  const lock = new Database(join(dataDir, "lock"));
  try {
    lock.exec("BEGIN EXCLUSIVE");
  } catch (error) {
    lock.close();
    if ((error as { code?: string }).code === "SQLITE_BUSY") {
      throw new UsageError(`${dataDir} is in use by another server; give this one a folder of its own with --data`);
    }
    throw error;
  }
  return () => lock.close();
}
