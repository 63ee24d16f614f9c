import type { Database } from "./database";
import type { DeletionPolicy } from "./models";
import { committed, inTransaction } from "./transaction";

/** Keeps models from being archived and deleted. */
export interface Hold {
  /** Chosen by the client, unique in its workspace. */
  holder: string;
  /** IDs of models. */
  models: string[];
  /** What the models are needed for. Replies about the models show it. */
  description?: string | undefined;
  createdAt: number;
}

/** What became of a request to archive or to delete a model. */
export interface PolicyResult {
  /** The policy that waits until the last hold of the model ends. Absent: the request was carried out. */
  pending?: DeletionPolicy;
  heldBy: string[];
}

interface Row {
  seq: number;
  holder: string;
  description: string | null;
  created_at: number;
}

/**
 * Holds, and the archiving and deleting of models, which holds delay. A hold and the policies that it delays are changed in one
 * transaction. So after a crash, no model is deleted that a hold has, and none is forgotten.
 */
export class HoldStore {
  constructor(private readonly database: Database) {}

  get(holder: string, workspace: string): Hold | undefined {
    const row = this.row(holder, workspace);
    return row && this.toHold(row);
  }

  /**
   * Creates a hold, or replaces it. Carries out the pending policies of the models that no hold has any more.
   *
   * @returns the IDs of the jobs whose models were deleted. The changes may not be durable yet.
   */
  put({ holder, models, description }: Omit<Hold, "createdAt">, workspace: string): string[] {
    return inTransaction(this.database, () => {
      const before = this.get(holder, workspace)?.models ?? [];
      const { seq } = this.database
        .prepare(
          `INSERT INTO holds (workspace, holder, description, created_at) VALUES (?, ?, ?, ?)
           ON CONFLICT (workspace, holder) DO UPDATE SET description = excluded.description RETURNING seq`,
        )
        .get(workspace, holder, description ?? null, Date.now()) as Pick<Row, "seq">;
      this.database.prepare("DELETE FROM held_models WHERE hold_seq = ?").run(seq);
      for (const model of new Set(models)) {
        this.database.prepare("INSERT INTO held_models (hold_seq, model_id) VALUES (?, ?)").run(seq, model);
      }
      return this.carryOutPending(before);
    });
  }

  /**
   * Ends a hold. Carries out the pending policies of the models that no hold has any more.
   *
   * @returns the IDs of the jobs whose models were deleted. The changes may not be durable yet.
   */
  remove(holder: string, workspace: string): string[] {
    return inTransaction(this.database, () => {
      const row = this.row(holder, workspace);
      if (row === undefined) return [];
      const { models } = this.toHold(row);
      this.database.prepare("DELETE FROM held_models WHERE hold_seq = ?").run(row.seq);
      this.database.prepare("DELETE FROM holds WHERE seq = ?").run(row.seq);
      return this.carryOutPending(models);
    });
  }

  /** Returns who holds a model, oldest first: the description of each hold, and the holder, with which the hold can be ended. */
  heldBy(modelId: string): string[] {
    const rows = this.database
      .prepare(
        `SELECT iif(description IS NULL, holder, description || ' (hold ' || holder || ')') AS name FROM held_models JOIN holds ON holds.seq = hold_seq
         WHERE model_id = ? ORDER BY hold_seq`,
      )
      .all(modelId) as { name: string }[];
    return rows.map(({ name }) => name);
  }

  /** Returns `heldBy` of all held models of a workspace, by the model's ID. */
  heldByModel(workspace: string): Map<string, string[]> {
    const rows = this.database
      .prepare(`SELECT DISTINCT model_id FROM held_models JOIN holds ON holds.seq = hold_seq WHERE workspace = ?`)
      .all(workspace) as { model_id: string }[];
    return new Map(rows.map(({ model_id: id }) => [id, this.heldBy(id)]));
  }

  /** Archives or deletes a model, or records the policy if a hold has the model. Resolves when this is durable. */
  async apply(policy: DeletionPolicy, modelId: string): Promise<PolicyResult> {
    const result = inTransaction(this.database, (): PolicyResult => {
      const heldBy = this.heldBy(modelId);
      if (heldBy.length === 0) {
        this.carryOut(policy, modelId);
        return { heldBy };
      }
      // A pending deletion is not replaced, because it includes what archiving is for. An archived model stays archived.
      this.database
        .prepare(
          `UPDATE models SET pending_deletion_policy = ?1
           WHERE id = ?2 AND (?1 = 'delete' OR (archived = 0 AND pending_deletion_policy IS NULL))`,
        )
        .run(policy, modelId);
      const pending = this.pendingPolicy(modelId);
      return { heldBy, ...(pending !== undefined && { pending }) };
    });
    await committed(this.database);
    return result;
  }

  /** @returns the IDs of the jobs whose models were deleted */
  private carryOutPending(modelIds: readonly string[]): string[] {
    const deleted: string[] = [];
    for (const id of modelIds) {
      const policy = this.pendingPolicy(id);
      if (policy === undefined || this.heldBy(id).length > 0) continue;
      const row = this.database.prepare("SELECT job_id FROM models WHERE id = ?").get(id);
      this.carryOut(policy, id);
      if (policy === "delete") deleted.push((row as { job_id: string }).job_id);
    }
    return deleted;
  }

  private carryOut(policy: DeletionPolicy, modelId: string): void {
    const sql =
      policy === "delete"
        ? "DELETE FROM models WHERE id = ?"
        : "UPDATE models SET archived = 1, pending_deletion_policy = NULL WHERE id = ?";
    this.database.prepare(sql).run(modelId);
  }

  private pendingPolicy(modelId: string): DeletionPolicy | undefined {
    const row = this.database.prepare("SELECT pending_deletion_policy AS policy FROM models WHERE id = ?").get(modelId);
    return (row as { policy: DeletionPolicy | null } | undefined)?.policy ?? undefined;
  }

  private row(holder: string, workspace: string): Row | undefined {
    const sql = "SELECT seq, holder, description, created_at FROM holds WHERE workspace = ? AND holder = ?";
    return this.database.prepare(sql).get(workspace, holder) as Row | undefined;
  }

  private toHold({ seq, holder, description, created_at: createdAt }: Row): Hold {
    const rows = this.database
      .prepare("SELECT model_id FROM held_models WHERE hold_seq = ? ORDER BY rowid")
      .all(seq) as { model_id: string }[];
    const models = rows.map(({ model_id: id }) => id);
    return { holder, models, ...(description !== null && { description }), createdAt };
  }
}
