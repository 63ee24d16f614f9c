import type Database from "libsql";

/** The transaction that contains all writes of one turn of the event loop. */
interface Group {
  commit: NodeJS.Immediate;
  committed: Promise<void>;
  succeed(): void;
  fail(error: unknown): void;
}

const groups = new WeakMap<Database.Database, Group>();
/** Databases on which an action is running. */
const busy = new WeakSet<Database.Database>();

/**
 * Runs an action in a transaction. An action inside another action becomes part of it.
 *
 * A commit waits for the disk and blocks the process for milliseconds, so 200 clients that each wait for their own commits
 * wait for seconds. Therefore all actions of one turn of the event loop share one transaction, the group: the first action
 * begins it, and it is committed when the turn has handled its events. Each action has a savepoint: an action that throws
 * undoes only its own writes.
 *
 * What an action has written is not durable when the action returns. Wait for `committed` before anything outside of the
 * database depends on it: a reply to a client, the start of a program, the removal of a file. Every read sees the writes of
 * the open group, so a reply to a read must wait as well. When the commit fails, for example because the disk is full, all
 * actions of the group are undone and `committed` rejects for all of them.
 *
 * @throws the action's own error. On a full disk SQLite may undo the whole group itself.
 */
export function inTransaction<Result>(database: Database.Database, action: () => Result): Result {
  if (busy.has(database)) return action();
  const group = openGroup(database);
  database.exec("SAVEPOINT action");
  busy.add(database);
  try {
    const result = action();
    database.exec("RELEASE action");
    return result;
  } catch (error) {
    if (database.inTransaction) {
      database.exec("ROLLBACK TO action; RELEASE action");
    } else {
      endGroup(database, group, error);
    }
    throw error;
  } finally {
    busy.delete(database);
  }
}

/**
 * Resolves when all writes so far are durable.
 *
 * @returns undefined when they already are
 * @throws the error of the commit. The writes of the group are then undone.
 */
export function committed(database: Database.Database): Promise<void> | undefined {
  return groups.get(database)?.committed;
}

/** Commits the open group, if any, without waiting for the end of the turn. */
export function commitNow(database: Database.Database): void {
  const group = groups.get(database);
  if (group === undefined) return;
  try {
    database.exec("COMMIT");
    endGroup(database, group);
  } catch (error) {
    if (database.inTransaction) database.exec("ROLLBACK");
    endGroup(database, group, error);
  }
}

function openGroup(database: Database.Database): Group {
  const open = groups.get(database);
  if (open !== undefined) return open;
  database.exec("BEGIN IMMEDIATE");
  let settle: Pick<Group, "succeed" | "fail"> | undefined;
  const promise = new Promise<void>((succeed, fail) => {
    settle = { succeed, fail };
  });
  // Also when nobody waits for the group.
  promise.catch(() => {});
  const group = {
    ...(settle as unknown as Pick<Group, "succeed" | "fail">),
    commit: setImmediate(() => commitNow(database)),
    committed: promise,
  };
  groups.set(database, group);
  return group;
}

/** @param error why the group is undone; undefined when it is committed */
function endGroup(database: Database.Database, group: Group, error?: unknown): void {
  clearImmediate(group.commit);
  groups.delete(database);
  if (error === undefined) group.succeed();
  else group.fail(error);
}
