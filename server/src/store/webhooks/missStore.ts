import { createHash } from "node:crypto";
import type { Database } from "../database";
import { inTransaction } from "../transaction";

/** The same miss notifies again after this time, in milliseconds: 24 hours. */
const INTERVAL = 86_400_000;

/** The part of a missed approval that identifies it. */
export interface MissKey {
  workspace: string;
  holder: string;
  model: string;
  thresholds: readonly string[];
}

/** The missed approvals of the last 24 hours: each `pulumi up` of an unchanged stack reports its miss again. */
export class MissStore {
  constructor(private readonly database: Database) {}

  /** Records a miss. Joins the current transaction, if any. @returns whether it is the first one in 24 hours */
  isNew({ workspace, holder, model, thresholds }: MissKey): boolean {
    const key = createHash("sha256")
      .update(JSON.stringify([workspace, holder, model, thresholds]))
      .digest("hex");
    const now = Date.now();
    return inTransaction(this.database, () => {
      this.database.prepare("DELETE FROM approval_misses WHERE created_at <= ?").run(now - INTERVAL);
      const { changes } = this.database
        .prepare("INSERT OR IGNORE INTO approval_misses (key, created_at) VALUES (?, ?)")
        .run(key, now);
      return changes > 0;
    });
  }
}
