import { createHash } from "node:crypto";
import { UsageError } from "../domain/errors";
import { ApiError } from "./errors";

/** A key may be configured as a hash, so that the keys file contains no secret. */
const HASHED_KEY = /^sha256:([0-9a-f]{64})$/i;

/**
 * The API keys of the server. Keeps only hashes, so memory and disk contain no plain-text key. Looking up a hash in a
 * set leaks nothing about the key through timing.
 */
export class Keys {
  private readonly hashes: ReadonlySet<string>;

  /** @param keys plain-text keys or `sha256:<hex>`. Empty: requests need no key. */
  constructor(keys: readonly string[]) {
    this.hashes = new Set(keys.map(toHash));
  }

  get required(): boolean {
    return this.hashes.size > 0;
  }

  /**
   * Authenticates a request.
   *
   * @param authorization the `Authorization` header
   * @returns the hash of the key, or `anonymous` for a request without a key
   * @throws {ApiError} 401 when keys are required and the request has no valid one
   */
  authenticate(authorization: string | undefined): string {
    const token = /^Bearer +(\S+) *$/i.exec(authorization ?? "")?.[1];
    if (!this.required) {
      return token === undefined ? "anonymous" : hash(token);
    }
    if (token === undefined) {
      throw new ApiError(401, "An API key is required: send it as `Authorization: Bearer <key>`");
    }
    const owner = hash(token);
    if (!this.hashes.has(owner)) {
      throw new ApiError(401, "Invalid API key");
    }
    return owner;
  }
}

/** Returns the keys of a keys file: one per line. Ignores empty lines and lines that begin with `#`. */
export function parseKeysFile(content: string): string[] {
  return content
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"));
}

function toHash(key: string): string {
  if (!/^\S+$/.test(key)) {
    throw new UsageError("An API key must not be empty or contain white space");
  }
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
