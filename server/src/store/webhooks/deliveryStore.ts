import { randomUUID } from "node:crypto";
import type { Database } from "../database";
import { committed, inTransaction, onceCommitted } from "../transaction";

/** A notification that a URL has not received yet. */
export interface Delivery {
  seq: number;
  /** The value of the header `webhook-id`. The same for each attempt, after each restart, and for each URL. */
  id: string;
  body: string;
  /** The number of failed attempts. */
  attempts: number;
  /** Milliseconds since 1970. */
  createdAt: number;
}

/**
 * Notifications from the transaction that makes their event true until their URL has received them. So a crash loses none,
 * and none is sent about something that could not be stored.
 */
export class DeliveryStore {
  /**
   * @param targets the keys of the URLs
   * @param onAdded called when new deliveries are durable
   */
  constructor(
    private readonly database: Database,
    private targets: readonly string[],
    private readonly onAdded: () => void,
  ) {}

  /** Whether any URL is configured. */
  get hasTargets(): boolean {
    return this.targets.length > 0;
  }

  /** Adds one delivery to each URL. Joins the current transaction, if any. */
  add(body: string): void {
    if (!this.hasTargets) return;
    const id = `msg_${randomUUID()}`;
    const now = Date.now();
    inTransaction(this.database, () => {
      for (const target of this.targets) {
        this.database
          .prepare(
            `INSERT INTO webhook_deliveries (id, target, body, attempts, due_at, created_at) VALUES (?, ?, ?, 0, ?, ?)`,
          )
          .run(id, target, body, now, now);
      }
      onceCommitted(this.database, this.onAdded);
    });
  }

  /** Resolves when all writes so far are durable. Undefined: they already are. @throws when they could not be stored */
  committed(): Promise<void> | undefined {
    return committed(this.database);
  }

  /** Returns the deliveries to a URL that are due, in the order of their events. */
  due(target: string, now: number, { except, limit }: { except: readonly number[]; limit: number }): Delivery[] {
    return this.database
      .prepare(
        `SELECT seq, id, body, attempts, created_at AS createdAt FROM webhook_deliveries
         WHERE target = ? AND due_at <= ? AND seq NOT IN (SELECT value FROM json_each(?)) ORDER BY due_at, seq LIMIT ?`,
      )
      .all(target, now, JSON.stringify(except), limit) as Delivery[];
  }

  /** Returns the time of the next attempt for a URL, in milliseconds since 1970. */
  nextDue(target: string, except: readonly number[]): number | undefined {
    const row = this.database
      .prepare(
        `SELECT due_at FROM webhook_deliveries WHERE target = ? AND seq NOT IN (SELECT value FROM json_each(?))
         ORDER BY due_at LIMIT 1`,
      )
      .get(target, JSON.stringify(except)) as { due_at: number } | undefined;
    return row?.due_at;
  }

  remove(seq: number): void {
    inTransaction(this.database, () => this.database.prepare("DELETE FROM webhook_deliveries WHERE seq = ?").run(seq));
  }

  /** Stores a failed attempt, and when to try again. */
  postpone(seq: number, dueAt: number): void {
    inTransaction(this.database, () =>
      this.database
        .prepare("UPDATE webhook_deliveries SET attempts = attempts + 1, due_at = ? WHERE seq = ?")
        .run(Math.ceil(dueAt), seq),
    );
  }

  /** Removes the deliveries to URLs that are no longer configured. @returns their number */
  removeOthers(): number {
    return inTransaction(
      this.database,
      () =>
        this.database
          .prepare("DELETE FROM webhook_deliveries WHERE target NOT IN (SELECT value FROM json_each(?))")
          .run(JSON.stringify(this.targets)).changes,
    );
  }

  /** Removes a URL and its deliveries. Until the restart, no delivery to the URL is added. */
  removeTarget(target: string): void {
    this.targets = this.targets.filter((each) => each !== target);
    this.removeOthers();
  }
}
