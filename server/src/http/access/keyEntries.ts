import { createHash } from "node:crypto";
import { DEFAULT_WORKSPACE } from "../../domain/caller";
import { UsageError } from "../../domain/errors";

/** A key may be configured as a hash, so that the keys file contains no secret. */
const HASHED_KEY = /^sha256:([0-9a-f]{64})$/i;

/** Workspaces are names of folders, also on file systems that ignore case. */
const WORKSPACE = /^[a-z0-9][a-z0-9_-]{0,63}$/;

/** The page shows names. E-mail addresses are names, too. */
const NAME = /^[\p{L}\p{N}][\p{L}\p{M}\p{N}._@+-]{0,63}$/u;

/** What an entry says about its key. */
export interface KeyEntry {
  workspace: string;
  /** The name of the key's owner. */
  name?: string;
}

/** The entries by the hashes of their API keys. */
export type KeyTable = ReadonlyMap<string, KeyEntry>;

/** Returns the entries of a keys file: one per line. Ignores empty lines and lines that begin with `#`. */
export function keyLines(content: string): string[] {
  return content
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"));
}

/**
 * Parses entries of the form `KEY [workspace=NAME] [name=NAME]`.
 *
 * @throws {UsageError} when an entry is invalid, or a key has two workspaces or two names. The message contains no key.
 */
export function parseKeys(entries: readonly string[]): KeyTable {
  return mergeKeys(entries.map((entry) => new Map([parseKey(entry)])));
}

/** @throws {UsageError} when a key has two workspaces or two names */
export function mergeKeys(tables: readonly KeyTable[]): KeyTable {
  const merged = new Map<string, KeyEntry>();
  for (const [key, entry] of tables.flatMap((table) => [...table])) {
    const { workspace, name } = merged.get(key) ?? entry;
    if (workspace !== entry.workspace) {
      // Requests with this key could reach either workspace.
      throw new UsageError(
        `An API key has two workspaces: ${workspace} and ${entry.workspace}; give the key only one workspace`,
      );
    }
    if (name !== undefined && entry.name !== undefined && name !== entry.name) {
      throw new UsageError(`An API key has two names: ${name} and ${entry.name}; give the key only one name`);
    }
    merged.set(key, { ...entry, ...(name !== undefined && { name }) });
  }
  return merged;
}

/** Whether the entry contains a plain-text key. */
export function isPlainText(entry: string): boolean {
  return !/^sha256:/i.test(entry);
}

/** Returns the hash by which the server knows a key. */
export function hashOf(key: string): string {
  return createHash("sha256").update(key).digest("hex");
}

function parseKey(entry: string): [hash: string, entry: KeyEntry] {
  const [key = "", ...options] = entry.trim().split(/\s+/);
  const values = new Map<string, string>();
  for (const option of options) {
    const [, field, value] = /^(workspace|name)=(.*)$/.exec(option) ?? [];
    if (field === undefined || value === undefined || values.has(field)) {
      throw invalidEntry();
    }
    values.set(field, value);
  }
  if (key === "") {
    throw invalidEntry();
  }
  const { workspace = DEFAULT_WORKSPACE, name }: Partial<KeyEntry> = Object.fromEntries(values);
  if (!WORKSPACE.test(workspace)) {
    throw new UsageError(
      `${JSON.stringify(workspace)} is not the name of a workspace: use lower-case letters, digits, - and _, at most 64`,
    );
  }
  if (name !== undefined && !NAME.test(name)) {
    throw new UsageError(
      `${JSON.stringify(name)} is not the name of a key's owner: use letters, digits, and any of . _ @ + -, at most 64`,
    );
  }
  return [toHash(key), { workspace, ...(name !== undefined && { name }) }];
}

function invalidEntry(): UsageError {
  return new UsageError(
    "An API key must not be empty or contain white space; only `workspace=NAME` and `name=NAME` may follow the key, each once",
  );
}

function toHash(key: string): string {
  const hashed = HASHED_KEY.exec(key)?.[1]?.toLowerCase();
  if (hashed === undefined && /^sha256:/i.test(key)) {
    // Taken literally, a mistyped hash would be a key that everyone who reads the keys file knows.
    throw new UsageError("An API key that begins with sha256: must have exactly 64 hexadecimal digits after the colon");
  }
  return hashed ?? hashOf(key);
}
