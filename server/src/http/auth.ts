import type { Caller } from "../domain/caller";
import { ANONYMOUS, DEFAULT_WORKSPACE } from "../domain/caller";
import { hashOf, type KeyEntry, type KeyTable, mergeKeys, parseKeys } from "./access/keyEntries";
import { ApiError } from "./errors";

/** The number of digits of a hash that stand for an owner without a name. */
const SHORT_HASH = 8;

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
   * @param entries `KEY [workspace=NAME] [name=NAME]` with a plain-text key or `sha256:<hex>`. Without entries and
   * `source`, requests need no key.
   * @param source more keys
   * @throws {UsageError} when an entry is invalid, or a key has two workspaces or two names
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
   * Authenticates a request by its API key.
   *
   * @param authorization the `Authorization` header
   * @throws {ApiError} 401 when keys are required and the request has no valid one
   */
  authenticate(authorization: string | undefined): Caller {
    const token = /^Bearer +(\S+) *$/i.exec(authorization ?? "")?.[1];
    if (!this.required) {
      return { workspace: DEFAULT_WORKSPACE, owner: token === undefined ? ANONYMOUS : hashOf(token) };
    }
    if (token === undefined) {
      throw new ApiError(401, "An API key is required: send it as `Authorization: Bearer <key>`");
    }
    const caller = this.find(token);
    if (caller === undefined) {
      throw new ApiError(401, "Invalid API key");
    }
    return caller;
  }

  /** Returns the caller of a request, or undefined when it has no valid key. */
  identify(authorization: string | undefined): Caller | undefined {
    try {
      return this.authenticate(authorization);
    } catch {
      return undefined;
    }
  }

  /** Returns the caller with this API key in plain text; undefined when the key is invalid. */
  find(key: string): Caller | undefined {
    return this.callerOf(hashOf(key));
  }

  /** Returns the caller whose key has this hash, with the key's current workspace; undefined when the key was removed. */
  callerOf(owner: string): Caller | undefined {
    const workspace = this.entry(owner)?.workspace;
    return workspace === undefined ? undefined : { workspace, owner };
  }

  /** Returns how replies name an owner: the key's `name`, or the first digits of its hash. @param owner see `Caller` */
  nameOf(owner: string): string {
    return this.names()(owner);
  }

  /** Returns `nameOf` for many owners: checks only once whether the keys have changed. */
  names(): (owner: string) => string {
    const current = this.source?.current();
    return (owner) => {
      if (owner === ANONYMOUS) return owner;
      return this.fixed.get(owner)?.name ?? current?.get(owner)?.name ?? owner.slice(0, SHORT_HASH);
    };
  }

  private entry(owner: string): KeyEntry | undefined {
    return this.fixed.get(owner) ?? this.source?.current().get(owner);
  }
}
