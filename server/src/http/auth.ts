import { createHash } from "node:crypto";
import type { Caller } from "../domain/caller";
import { DEFAULT_WORKSPACE } from "../domain/caller";
import { UsageError } from "../domain/errors";
import { ApiError } from "./errors";

/** A key may be configured as a hash, so that the keys file contains no secret. */
const HASHED_KEY = /^sha256:([0-9a-f]{64})$/i;

/** Workspaces are names of folders, also on file systems that ignore case. */
const WORKSPACE = /^[a-z0-9][a-z0-9_-]{0,63}$/;

/** Maps the hashes of API keys to workspaces. */
export type KeyTable = ReadonlyMap<string, string>;

/** Keys that may change while the server runs. */
export interface KeySource {
  current(): KeyTable;
}

/**
 * The API keys of the server. Keeps only hashes: memory and the database contain no plain-text key. Looking up a hash in a
 * map leaks nothing about the key through timing.
 */
export class Keys {
  /** Whether requests need a key. Never changes while the server runs: a keys file that becomes empty admits nobody. */
  readonly required: boolean;
  private readonly fixed: KeyTable;

  /**
   * @param entries `KEY [workspace=NAME]` with a plain-text key or `sha256:<hex>`. Without entries and `source`, requests
   * need no key.
   * @param source more keys
   * @throws {UsageError} when an entry is invalid, or a key has two workspaces
   */
  constructor(
    entries: readonly string[],
    private readonly source?: KeySource,
  ) {
    this.fixed = parseKeys(entries);
    this.required = this.fixed.size > 0 || source !== undefined;
    mergeKeys([this.fixed, ...(source === undefined ? [] : [source.current()])]);
  }

  /**
   * Authenticates a request.
   *
   * @param authorization the `Authorization` header
   * @throws {ApiError} 401 when keys are required and the request has no valid one
   */
  authenticate(authorization: string | undefined): Caller {
    const token = /^Bearer +(\S+) *$/i.exec(authorization ?? "")?.[1];
    if (!this.required) {
      return { workspace: DEFAULT_WORKSPACE, owner: token === undefined ? "anonymous" : hash(token) };
    }
    if (token === undefined) {
      throw new ApiError(401, "An API key is required: send it as `Authorization: Bearer <key>`");
    }
    const owner = hash(token);
    const workspace = this.fixed.get(owner) ?? this.source?.current().get(owner);
    if (workspace === undefined) {
      throw new ApiError(401, "Invalid API key");
    }
    return { workspace, owner };
  }

  /** Returns how the page names the owner of a job. @param owner the hash of an API key, or `anonymous` */
  nameOf(owner: string): string {
    return owner === "anonymous" ? owner : owner.slice(0, 8);
  }

  /** Returns the caller of a request, or undefined when it has no valid key. */
  identify(authorization: string | undefined): Caller | undefined {
    try {
      return this.authenticate(authorization);
    } catch {
      return undefined;
    }
  }
}

/** Returns the entries of a keys file: one per line. Ignores empty lines and lines that begin with `#`. */
export function keyLines(content: string): string[] {
  return content
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"));
}

/**
 * Parses entries of the form `KEY [workspace=NAME]`.
 *
 * @throws {UsageError} when an entry is invalid, or a key has two workspaces. The message contains no key.
 */
export function parseKeys(entries: readonly string[]): KeyTable {
  return mergeKeys(entries.map((entry) => new Map([parseKey(entry)])));
}

/** Whether the entry contains a plain-text key. */
export function isPlainText(entry: string): boolean {
  return !/^sha256:/i.test(entry);
}

function mergeKeys(tables: readonly KeyTable[]): KeyTable {
  const merged = new Map<string, string>();
  for (const [key, workspace] of tables.flatMap((table) => [...table])) {
    const other = merged.get(key);
    if (other !== undefined && other !== workspace) {
      // Requests with this key could reach either workspace.
      throw new UsageError(`An API key has two workspaces: ${other} and ${workspace}; give the key only one workspace`);
    }
    merged.set(key, workspace);
  }
  return merged;
}

function parseKey(entry: string): [hash: string, workspace: string] {
  const [, key = entry, workspace = DEFAULT_WORKSPACE] = /^(\S+)\s+workspace=(\S*)$/.exec(entry.trim()) ?? [];
  if (!/^\S+$/.test(key)) {
    throw new UsageError(
      "An API key must not be empty or contain white space; only `workspace=NAME` may follow the key",
    );
  }
  if (!WORKSPACE.test(workspace)) {
    throw new UsageError(
      `${JSON.stringify(workspace)} is not the name of a workspace: use lower-case letters, digits, - and _, at most 64`,
    );
  }
  return [toHash(key), workspace];
}

function toHash(key: string): string {
  const hashed = HASHED_KEY.exec(key)?.[1]?.toLowerCase();
  if (hashed === undefined && /^sha256:/i.test(key)) {
    // Taken literally, a mistyped hash would be a key that everyone who reads the keys file knows.
    throw new UsageError("An API key that begins with sha256: must have exactly 64 hexadecimal digits after the colon");
  }
  return hashed ?? hash(key);
}

function hash(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
