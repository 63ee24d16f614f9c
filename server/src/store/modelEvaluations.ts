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

type NewEvaluation = Pick<ModelEvaluation, "workspace" | "model" | "jobId" | "trainer" | "samples"> & {
  /** Identifies what is evaluated, on which data. */
  key: string;
};

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

  /** Returns the existing evaluation with this key, or adds one. Queues one that has failed again. */
  queue({ key, workspace, model, jobId, trainer, samples }: NewEvaluation): ModelEvaluation {
    return inTransaction(this.database, () => {
      this.database
        .prepare(
          `INSERT INTO model_evaluations (id, workspace, key, model, job_id, trainer, samples, status, created_at)
           VALUES (?, ?, ?, ?, ?, ?, ?, 'QUEUED', ?)
           ON CONFLICT (workspace, key) DO UPDATE SET status = 'QUEUED', reason = NULL, job_id = excluded.job_id,
             trainer = excluded.trainer WHERE status = 'FAILED'`,
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

  /** Returns the ids of the evaluations that have not ended, oldest first. */
  unfinished(): string[] {
    const rows = this.database
      .prepare("SELECT id FROM model_evaluations WHERE status IN ('QUEUED', 'RUNNING') ORDER BY seq")
      .all();
    return (rows as { id: string }[]).map(({ id }) => id);
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
