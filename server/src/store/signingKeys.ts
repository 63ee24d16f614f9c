import { randomBytes } from "node:crypto";
import type { Database } from "./database";
import { committed, inTransaction } from "./transaction";

/** A key that is older than this is replaced, in milliseconds: 30 days. */
const ROTATION_INTERVAL = 30 * 86_400_000;

/**
 * The keys that sign URLs. Stored in the database, so that signed URLs stay valid after a restart. The key is replaced
 * every 30 days. The previous key verifies the URLs that it has signed until the last one has expired.
 */
export class SigningKeys {
  /** @param maxValidity the longest validity of a signed URL, in milliseconds */
  constructor(
    private readonly database: Database,
    private readonly maxValidity: number,
  ) {}

  /** Returns the key for new signatures. Creates or replaces the key when that is due. */
  current(): Buffer {
    const now = Date.now();
    const read = () =>
      this.database
        .prepare("SELECT value FROM signing_keys WHERE valid_until IS NULL AND created_at > ? ORDER BY seq DESC")
        .get(now - ROTATION_INTERVAL) as { value: string } | undefined;
    const row = read();
    if (row !== undefined) return Buffer.from(row.value, "base64");
    return this.replace(now + this.maxValidity);
  }

  /** Returns all keys whose signatures are valid, the newest first. */
  valid(): Buffer[] {
    const rows = this.database
      .prepare("SELECT value FROM signing_keys WHERE valid_until IS NULL OR valid_until > ? ORDER BY seq DESC")
      .all(Date.now()) as { value: string }[];
    return rows.map(({ value }) => Buffer.from(value, "base64"));
  }

  /** Creates a new key and removes all others: no URL that was signed before is valid any more. Resolves when this is durable. */
  async revokeAll(): Promise<void> {
    this.replace(0);
    await committed(this.database);
  }

  /** @param validUntil the time in milliseconds until which the previous key stays valid */
  private replace(validUntil: number): Buffer {
    const key = randomBytes(32);
    inTransaction(this.database, () => {
      this.database.prepare("UPDATE signing_keys SET valid_until = ? WHERE valid_until IS NULL").run(validUntil);
      const expired = validUntil === 0 ? Number.MAX_SAFE_INTEGER : Date.now();
      this.database.prepare("DELETE FROM signing_keys WHERE valid_until <= ?").run(expired);
      this.database
        .prepare("INSERT INTO signing_keys (value, created_at) VALUES (?, ?)")
        .run(key.toString("base64"), Date.now());
    });
    return key;
  }
}
