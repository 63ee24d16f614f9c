import type Database from "libsql";

/**
 * Runs an action in a transaction. An action inside another transaction becomes part of it. Throws the action's own error:
 * on a full disk SQLite ends the transaction itself, and a second rollback would hide the reason.
 */
export function inTransaction<Result>(database: Database.Database, action: () => Result): Result {
  if (database.inTransaction) return action();
  database.exec("BEGIN IMMEDIATE");
  try {
    const result = action();
    database.exec("COMMIT");
    return result;
  } catch (error) {
    if (database.inTransaction) database.exec("ROLLBACK");
    throw error;
  }
}
