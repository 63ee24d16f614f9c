import { randomUUID } from "node:crypto";
import type { Figures } from "../domain/evaluation";
import type { EvaluatedSample } from "../domain/trainer";
import type { Database } from "./database";
import { committed, inTransaction } from "./transaction";

export type ModelEvaluationStatus = "QUEUED" | "RUNNING" | "SUCCESS" | "FAILED";

/** An evaluation of a model that a client has requested. */
export interface ModelEvaluation {
  id: string;
  workspace: string;
  /** A base model, or a fine-tuned one. */
  model: string;
  /** The job whose validation data is used. */
  jobId: string;
  /** The trainer that evaluates. */
  trainer: string;
  /** The number of sample answers. */
  samples: number;
  status: ModelEvaluationStatus;
  figures?: Figures;
  /** Absent also when the model or the data was deleted. */
  sampleAnswers?: EvaluatedSample[];
  /** Why the evaluation has failed. */
  reason?: string;
  /** Milliseconds since 1970. */
  createdAt: number;
}

type EvaluatedModel = Pick<ModelEvaluation, "workspace" | "model" | "jobId" | "samples">;

type NewEvaluation = EvaluatedModel & {
  trainer: string;
  /** Identifies what is evaluated, on which data, with how many sample answers. */
  key: string;
  /** The keys of the same evaluation with more sample answers. */
  largerKeys: readonly string[];
};

/** The maximum number of evaluations of a workspace that have not ended. */
export const MAX_UNFINISHED = 20;

interface Row {
  id: string;
  workspace: string;
  model: string;
  job_id: string;
  trainer: string;
  samples: number;
  status: ModelEvaluationStatus;
  figures: string | null;
  sample_answers: string | null;
  reason: string | null;
  created_at: number;
}

/** The evaluations on demand. Each is stored before it runs, so that a restarted server continues. */
export class ModelEvaluationStore {
  constructor(private readonly database: Database) {}

  /** Resolves when all writes so far are durable. Undefined: they already are. */
  committed(): Promise<void> | undefined {
    return committed(this.database);
  }

  /** Returns a result of a model for a job that was measured with at least `samples` answers. The answers may have been deleted since. */
  result({ workspace, model, jobId, samples }: EvaluatedModel): ModelEvaluation | undefined {
    const row = this.database
      .prepare(
        `SELECT * FROM model_evaluations WHERE job_id = ? AND workspace = ? AND model = ? AND samples >= ?
         AND status = 'SUCCESS' ORDER BY sample_answers IS NULL, samples LIMIT 1`,
      )
      .get(jobId, workspace, model, samples) as Row | undefined;
    return row && toEvaluation(row);
  }

  /**
   * Returns the existing evaluation with this key, or a result with more answers. Otherwise adds an evaluation. Queues it
   * again if it has failed, or its answers were deleted.
   *
   * @returns undefined when the workspace has `MAX_UNFINISHED` evaluations that have not ended
   */
  queue(evaluation: NewEvaluation): ModelEvaluation | undefined {
    const { key, largerKeys, workspace, model, jobId, trainer, samples } = evaluation;
    return inTransaction(this.database, () => {
      const existing = this.database
        .prepare(
          `SELECT * FROM model_evaluations WHERE workspace = ?1 AND (
             (key = ?2 AND status IN ('QUEUED', 'RUNNING'))
             OR (key IN (SELECT value FROM json_each(?3)) AND status = 'SUCCESS' AND (?4 = 0 OR sample_answers IS NOT NULL))
           ) ORDER BY samples LIMIT 1`,
        )
        .get(workspace, key, JSON.stringify([key, ...largerKeys]), samples) as Row | undefined;
      if (existing !== undefined) return toEvaluation(existing);
      const { count } = this.database
        .prepare(
          "SELECT count(*) AS count FROM model_evaluations WHERE workspace = ? AND status IN ('QUEUED', 'RUNNING')",
        )
        .get(workspace) as { count: number };
      if (count >= MAX_UNFINISHED) return undefined;
      this.database
        .prepare(
          `INSERT INTO model_evaluations (id, workspace, key, model, job_id, trainer, samples, status, created_at)
           VALUES (?, ?, ?, ?, ?, ?, ?, 'QUEUED', ?)
           ON CONFLICT (workspace, key) DO UPDATE SET status = 'QUEUED', figures = NULL, reason = NULL,
             job_id = excluded.job_id, trainer = excluded.trainer`,
        )
        .run(randomUUID(), workspace, key, model, jobId, trainer, samples, Date.now());
      const row = this.database
        .prepare("SELECT * FROM model_evaluations WHERE workspace = ? AND key = ?")
        .get(workspace, key);
      return toEvaluation(row as Row);
    });
  }

  get(id: string): ModelEvaluation | undefined {
    const row = this.database.prepare("SELECT * FROM model_evaluations WHERE id = ?").get(id) as Row | undefined;
    return row && toEvaluation(row);
  }

  /** Returns an evaluation of a workspace. Undefined also when it belongs to another workspace. */
  find(id: string, workspace: string): ModelEvaluation | undefined {
    const evaluation = this.get(id);
    return evaluation?.workspace === workspace ? evaluation : undefined;
  }

  /** Returns the evaluations that have not ended, oldest first. */
  unfinished(): Pick<ModelEvaluation, "id" | "workspace">[] {
    const rows = this.database
      .prepare("SELECT id, workspace FROM model_evaluations WHERE status IN ('QUEUED', 'RUNNING') ORDER BY seq")
      .all();
    return rows as Pick<Row, "id" | "workspace">[];
  }

  /** Stores a new status. Ignored when the evaluation has ended. */
  update(
    id: string,
    status: ModelEvaluationStatus,
    { figures, sampleAnswers, reason }: Pick<ModelEvaluation, "figures" | "sampleAnswers" | "reason"> = {},
  ): void {
    const json = (value: unknown) => (value === undefined ? null : JSON.stringify(value));
    inTransaction(this.database, () =>
      this.database
        .prepare(
          `UPDATE model_evaluations SET status = ?, figures = ?, sample_answers = ?, reason = ?
           WHERE id = ? AND status IN ('QUEUED', 'RUNNING')`,
        )
        .run(status, json(figures), json(sampleAnswers), reason ?? null, id),
    );
  }
}

function toEvaluation(row: Row): ModelEvaluation {
  return {
    id: row.id,
    workspace: row.workspace,
    model: row.model,
    jobId: row.job_id,
    trainer: row.trainer,
    samples: row.samples,
    status: row.status,
    ...(row.figures !== null && { figures: JSON.parse(row.figures) }),
    ...(row.sample_answers !== null && { sampleAnswers: JSON.parse(row.sample_answers) }),
    ...(row.reason !== null && { reason: row.reason }),
    createdAt: row.created_at,
  };
}
