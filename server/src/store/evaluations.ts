import {
  type EvaluationStage,
  type Evaluations,
  type Figures,
  type SummaryFigures,
  summaryOf,
  type TargetFigures,
} from "../domain/evaluation";
import type { Database } from "./database";
import { SqlConditions } from "./sqlConditions";

/** The measurement of a stage, without the figures of single targets. */
export interface SummarizedEvaluation {
  step: number;
  figures: SummaryFigures;
}

export type SummarizedEvaluations = Partial<Record<EvaluationStage, SummarizedEvaluation>>;

interface Row {
  job_id: string;
  stage: EvaluationStage;
  step: number;
  figures: string;
}

/**
 * The measurements of jobs. The figures of single targets have their own table: a confusion matrix is much larger than
 * everything else in a list of jobs.
 */
export class EvaluationStore {
  constructor(private readonly database: Database) {}

  /** Returns the summaries of jobs by ID. Omits jobs without a measurement. */
  summaries(jobIds: readonly string[]): Map<string, SummarizedEvaluations> {
    const conditions = new SqlConditions().andIn("job_id", jobIds);
    const rows = this.database
      .prepare(`SELECT job_id, stage, step, figures FROM evaluations ${conditions.sql}`)
      .all(...conditions.values) as Row[];
    const summaries = new Map<string, SummarizedEvaluations>();
    for (const { job_id: id, stage, step, figures } of rows) {
      summaries.set(id, { ...summaries.get(id), [stage]: { step, figures: JSON.parse(figures) } });
    }
    return summaries;
  }

  /** Returns the figures of a job's targets by stage. */
  targets(jobId: string): Partial<Record<EvaluationStage, TargetFigures[]>> {
    const rows = this.database.prepare("SELECT stage, targets FROM evaluation_targets WHERE job_id = ?").all(jobId);
    return Object.fromEntries(
      (rows as { stage: EvaluationStage; targets: string }[]).map(({ stage, targets }) => [stage, JSON.parse(targets)]),
    );
  }
}

/** Stores the measurements of a job, and removes those that it no longer has. Call it in a transaction. */
export function saveEvaluations(database: Database, jobId: string, evaluations: Evaluations): void {
  for (const stage of ["base", "tuned"] as const) {
    for (const table of ["evaluations", "evaluation_targets"]) {
      database.prepare(`DELETE FROM ${table} WHERE job_id = ? AND stage = ?`).run(jobId, stage);
    }
    const evaluation = evaluations[stage];
    if (evaluation === undefined) continue;
    const { step, figures } = evaluation;
    database
      .prepare("INSERT INTO evaluations (job_id, stage, step, figures) VALUES (?, ?, ?, ?)")
      .run(jobId, stage, step, JSON.stringify(summaryOf(figures)));
    saveTargets(database, jobId, stage, figures);
  }
}

function saveTargets(database: Database, jobId: string, stage: EvaluationStage, { targets }: Figures): void {
  if (targets === undefined) return;
  database
    .prepare("INSERT INTO evaluation_targets (job_id, stage, targets) VALUES (?, ?, ?)")
    .run(jobId, stage, JSON.stringify(targets));
}
