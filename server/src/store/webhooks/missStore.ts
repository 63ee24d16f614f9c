import { createHash } from "node:crypto";
import type { Database } from "../database";
import { inTransaction } from "../transaction";

/** The same miss notifies again after this time, in milliseconds: 24 hours. */
const INTERVAL = 86_400_000;

/** A stack has few approvals of one job. A loop of reports must not fill the database. */
const MAX_PER_JOB = 20;

/** The part of a missed approval that identifies it. A job has one model. */
export interface MissKey {
  jobId: string;
  holder: string;
  thresholds: readonly string[];
}

/** The missed approvals of the last 24 hours: each `pulumi up` of an unchanged stack reports its miss again. */
export class MissStore {
  constructor(private readonly database: Database) {}

  /**
   * Records a miss, at most 20 of a job in 24 hours. Joins the current transaction, if any.
   *
   * @returns whether it was recorded: it is the first one in 24 hours
   */
  isNew({ jobId, holder, thresholds }: MissKey): boolean {
    const hash = createHash("sha256")
      .update(JSON.stringify([holder, thresholds]))
      .digest("hex");
    const key = `${jobId} ${hash}`;
    const now = Date.now();
    return inTransaction(this.database, () => {
      this.database.prepare("DELETE FROM approval_misses WHERE created_at <= ?").run(now - INTERVAL);
      const { count } = this.database
        .prepare("SELECT count(*) AS count FROM approval_misses WHERE key BETWEEN ? AND ?")
        .get(`${jobId} `, `${jobId} g`) as { count: number };
      if (count >= MAX_PER_JOB) return false;
      const { changes } = this.database
        .prepare("INSERT OR IGNORE INTO approval_misses (key, created_at) VALUES (?, ?)")
        .run(key, now);
      return changes > 0;
    });
  }
}
