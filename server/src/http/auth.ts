import { createHash } from "node:crypto";
import { UsageError } from "../domain/errors";
import { UnauthorizedError } from "./errors";

/** A key in a file may stand there as its hash, so that the file holds no secret. */
const HASHED_KEY = /^sha256:([0-9a-f]{64})$/i;

/**
 * Who may use the server. Only hashes of keys are held, so neither memory nor disk has one in plain text; looking a hash
 * up in a set tells nothing about the key by the time that it takes.
 */
export class Keys {
  private readonly hashes: ReadonlySet<string>;

  /** @param keys plain keys, or `sha256:<hex>`; with none, every caller is let in */
  constructor(keys: readonly string[]) {
    this.hashes = new Set(keys.map(toHash));
  }

  get required(): boolean {
    return this.hashes.size > 0;
  }

  /**
   * Who a request comes from, by its `Authorization` header: the hash of the key.
   *
   * @throws {UnauthorizedError} when keys are required and this is none of them
   */
  owner(authorization: string | undefined): string {
    const token = /^Bearer +(\S+) *$/i.exec(authorization ?? "")?.[1];
    if (!this.required) {
      return token === undefined ? "anonymous" : hash(token);
    }
    if (token === undefined) {
      throw new UnauthorizedError("An API key is required: send it as `Authorization: Bearer <key>`");
    }
    const owner = hash(token);
    if (!this.hashes.has(owner)) {
      throw new UnauthorizedError("This server does not know the API key");
    }
    return owner;
  }
}

/** The keys of a keys file: one a line; empty lines and lines that begin with `#` are left out. */
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
  return HASHED_KEY.exec(key)?.[1]?.toLowerCase() ?? hash(key);
}

function hash(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
