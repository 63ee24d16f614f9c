import { createHash, randomBytes } from "node:crypto";
import type { Database } from "./database";
import { inTransaction } from "./transaction";

/** A session ends after this time, in milliseconds: 12 hours. */
const LIFETIME = 12 * 3_600_000;

/** More sessions of one key end the oldest ones, so that logins cannot fill the disk. */
const MAX_PER_OWNER = 100;

/** The bytes of a token. */
const TOKEN_BYTES = 32;

export interface Session {
  /** The hash of the API key that has logged in. */
  owner: string;
  /** Milliseconds since 1970. */
  expiresAt: number;
}

/**
 * The sessions of the page. A session only names its key: what the caller may do depends on the key at each request. The
 * database has the hashes of the tokens, so nobody who reads it can use a session.
 */
export class SessionStore {
  constructor(private readonly database: Database) {}

  /** A random ID of the data folder. Never changes. */
  get folderId(): string {
    return (this.database.prepare("SELECT id FROM data_folder").get() as { id: string }).id;
  }

  /** Creates a session. @returns its token, which is stored nowhere. The session may not be durable yet. */
  create(owner: string): Session & { token: string } {
    const token = randomBytes(TOKEN_BYTES).toString("base64url");
    const now = Date.now();
    const expiresAt = now + LIFETIME;
    inTransaction(this.database, () => {
      this.database.prepare("DELETE FROM sessions WHERE expires_at <= ?").run(now);
      this.database
        .prepare("INSERT INTO sessions (token_hash, owner, created_at, expires_at) VALUES (?, ?, ?, ?)")
        .run(hashOf(token), owner, now, expiresAt);
      this.database
        .prepare(
          `DELETE FROM sessions WHERE owner = ? AND seq NOT IN
             (SELECT seq FROM sessions WHERE owner = ? ORDER BY seq DESC LIMIT ${MAX_PER_OWNER})`,
        )
        .run(owner, owner);
    });
    return { token, owner, expiresAt };
  }

  /** Returns undefined when there is no such session, or when it has expired. */
  find(token: string): Session | undefined {
    const row = this.database
      .prepare("SELECT owner, expires_at FROM sessions WHERE token_hash = ? AND expires_at > ?")
      .get(hashOf(token), Date.now()) as { owner: string; expires_at: number } | undefined;
    return row && { owner: row.owner, expiresAt: row.expires_at };
  }

  end(token: string): void {
    inTransaction(this.database, () => {
      this.database.prepare("DELETE FROM sessions WHERE token_hash = ?").run(hashOf(token));
    });
  }

  /** Ends all sessions of a key. */
  endOf(owner: string): void {
    inTransaction(this.database, () => {
      this.database.prepare("DELETE FROM sessions WHERE owner = ?").run(owner);
    });
  }
}

function hashOf(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}
