import type Database from "libsql";

/** The transaction that contains all writes of one turn of the event loop. */
interface Group {
  commit: NodeJS.Immediate;
  committed: Promise<void>;
  /** Set when the group was undone before the end of the turn. */
  failure: { error: unknown } | undefined;
  /** Called when the group is durable. */
  onCommitted: (() => void)[];
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
 * SQLite itself may undo the whole group, for example on a full disk. All further actions of the turn then fail, and
 * `committed` rejects for all actions of the turn. In the next turn, the group is forgotten: code that waits for anything
 * else between its action and its reply must wait for `committed` before that.
 *
 * @throws the action's own error, or the error that has undone the group
 */
export function inTransaction<Result>(database: Database.Database, action: () => Result): Result {
  if (busy.has(database)) return action();
  const group = openGroup(database);
  if (group.failure !== undefined) throw group.failure.error;
  database.exec("SAVEPOINT action");
  busy.add(database);
  const { length } = group.onCommitted;
  try {
    const result = action();
    database.exec("RELEASE action");
    return result;
  } catch (error) {
    group.onCommitted.length = length;
    undoAction(database, group, error);
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

/** Calls `callback` when the writes of the current action are durable, and never when they are undone. For log lines. */
export function onceCommitted(database: Database.Database, callback: () => void): void {
  const group = groups.get(database);
  if (group === undefined) throw new Error("onceCommitted is only available in an action");
  group.onCommitted.push(callback);
}

/** Commits the open group, if any, without waiting for the end of the turn. */
export function commitNow(database: Database.Database): void {
  const group = groups.get(database);
  if (group === undefined) return;
  clearImmediate(group.commit);
  groups.delete(database);
  try {
    if (group.failure !== undefined) throw group.failure.error;
    database.exec("COMMIT");
  } catch (error) {
    rollBack(database);
    group.fail(error);
    return;
  }
  group.succeed();
  for (const callback of group.onCommitted) callback();
}

/** Undoes the writes of an action that has thrown `error`, or the whole group when SQLite cannot undo the action alone. */
function undoAction(database: Database.Database, group: Group, error: unknown): void {
  try {
    if (database.inTransaction) {
      database.exec("ROLLBACK TO action; RELEASE action");
      return;
    }
  } catch {
    // The disk may have failed. A commit would store a part of the action.
    rollBack(database);
  }
  group.failure = { error };
}

/** Does not throw: `openGroup` tries again. */
function rollBack(database: Database.Database): void {
  try {
    if (database.inTransaction) database.exec("ROLLBACK");
  } catch {}
}

function openGroup(database: Database.Database): Group {
  const open = groups.get(database);
  if (open !== undefined) return open;
  // After a ROLLBACK that has failed.
  if (database.inTransaction) database.exec("ROLLBACK");
  database.exec("BEGIN IMMEDIATE");
  let settle: Pick<Group, "succeed" | "fail"> | undefined;
  const promise = new Promise<void>((succeed, fail) => {
    settle = { succeed, fail };
  });
  // Also when nobody waits for the group.
  promise.catch(() => {});
  const group: Group = {
    ...(settle as unknown as Pick<Group, "succeed" | "fail">),
    commit: setImmediate(() => commitNow(database)),
    committed: promise,
    failure: undefined,
    onCommitted: [],
  };
  groups.set(database, group);
  return group;
}
