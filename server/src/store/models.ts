import { MEBIBYTE } from "#common";
import type { Job } from "../domain/job";
import type { ClassifierTarget, JobSpec } from "../domain/jobSpec";
import type { Database } from "./database";
import { SqlConditions } from "./sqlConditions";
import { inTransaction } from "./transaction";

/** What happens to a model when its last hold ends. */
export type DeletionPolicy = "archive" | "delete";

/** A model that a job has produced. */
export interface FineTunedModel {
  id: string;
  workspace: string;
  jobId: string;
  /** The base model. */
  root: string;
  jobType: JobSpec["job_type"];
  /** Absent in a list that has too many labels. */
  classifierTargets?: ClassifierTarget[];
  name: string | null;
  description: string | null;
  archived: boolean;
  /** Set while a hold delays the archiving or the deletion of the model. See `holds.ts`. */
  pendingPolicy?: DeletionPolicy;
  /** The total size of the artifact's files in bytes. Absent for a simulated model, which has no files. */
  artifactBytes?: number;
  createdAt: number;
}

/** The part of a model that the reply about its job contains. */
export type JobModel = Pick<FineTunedModel, "id" | "jobId" | "artifactBytes">;

/** The fields that clients can change. Absent fields keep their values. */
export type ModelChange = Partial<Pick<FineTunedModel, "name" | "description">>;

interface Row {
  id: string;
  workspace: string;
  job_id: string;
  root: string;
  job_type: JobSpec["job_type"];
  classifier_targets: string;
  name: string | null;
  description: string | null;
  archived: number;
  pending_deletion_policy: DeletionPolicy | null;
  artifact_bytes: number | null;
  created_at: number;
}

/** The fine-tuned models. `HoldStore` archives and deletes them. Base models are not stored: see `domain/baseModels.ts`. */
export class ModelStore {
  constructor(private readonly database: Database) {}

  add(id: string, job: Job, artifactBytes?: number): void {
    const { model, job_type, classifier_targets } = job.spec;
    const values = [id, job.workspace, job.id, model, job_type, JSON.stringify(classifier_targets)];
    inTransaction(this.database, () =>
      this.database
        .prepare(
          `INSERT INTO models (id, workspace, job_id, root, job_type, classifier_targets, artifact_bytes, created_at)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
        )
        .run(...values, artifactBytes ?? null, Date.now()),
    );
  }

  get(id: string): FineTunedModel | undefined {
    const row = this.database.prepare("SELECT * FROM models WHERE id = ?").get(id) as Row | undefined;
    return row && toModel(row);
  }

  /** Returns a model of a workspace. Undefined also when the model belongs to another workspace. */
  find(id: string, workspace: string): FineTunedModel | undefined {
    const model = this.get(id);
    return model?.workspace === workspace ? model : undefined;
  }

  /** Returns the models of the jobs. Omits deleted models. Does not read the labels of classifiers. */
  listByJobs(jobIds: readonly string[]): JobModel[] {
    const conditions = new SqlConditions().andIn("job_id", jobIds);
    const rows = this.database
      .prepare(`SELECT id, job_id, artifact_bytes FROM models ${conditions.sql}`)
      .all(...conditions.values) as Pick<Row, "id" | "job_id" | "artifact_bytes">[];
    return rows.map(({ id, job_id: jobId, artifact_bytes }) => ({
      id,
      jobId,
      ...(artifact_bytes !== null && { artifactBytes: artifact_bytes }),
    }));
  }

  /** Whether the job has a model that is not deleted. */
  jobHasModel(jobId: string): boolean {
    return this.database.prepare("SELECT 1 FROM models WHERE job_id = ?").get(jobId) !== undefined;
  }

  /** Newest first. Reads the targets of as many models as have at most 8 MiB of them. */
  list(workspace: string): FineTunedModel[] {
    const rows = this.database
      .prepare(`SELECT ${WITHOUT_TARGETS} FROM models WHERE workspace = ? ORDER BY created_at DESC, seq DESC`)
      .all(workspace) as Omit<Row, "classifier_targets">[];
    let bytes = 0;
    return rows.map((row) => {
      if (row.job_type !== "classifier" || bytes > MAX_LISTED_TARGET_BYTES) return toModel(row);
      const targets = this.targets(row.id);
      bytes += Buffer.byteLength(targets);
      return toModel(bytes > MAX_LISTED_TARGET_BYTES ? row : { ...row, classifier_targets: targets });
    });
  }

  private targets(id: string): string {
    const row = this.database.prepare("SELECT classifier_targets FROM models WHERE id = ?").get(id);
    return (row as Pick<Row, "classifier_targets">).classifier_targets;
  }

  update(model: FineTunedModel, change: ModelChange): FineTunedModel {
    const { name, description } = { ...model, ...change };
    inTransaction(this.database, () =>
      this.database
        .prepare("UPDATE models SET name = ?, description = ? WHERE id = ?")
        .run(name, description, model.id),
    );
    return { ...model, name, description };
  }

  /** Makes a model usable again, and forgets its pending policy: whoever unarchives a model needs it. */
  unarchive(id: string): void {
    inTransaction(this.database, () =>
      this.database.prepare("UPDATE models SET archived = 0, pending_deletion_policy = NULL WHERE id = ?").run(id),
    );
  }
}

/** A client reads at most 32 MiB, and the list of models has no pages. */
const MAX_LISTED_TARGET_BYTES = 8 * MEBIBYTE;

const WITHOUT_TARGETS =
  "id, workspace, job_id, root, job_type, name, description, archived, pending_deletion_policy, artifact_bytes, created_at";

function toModel(row: Omit<Row, "classifier_targets"> & Partial<Row>): FineTunedModel {
  return {
    id: row.id,
    workspace: row.workspace,
    jobId: row.job_id,
    root: row.root,
    jobType: row.job_type,
    ...(row.classifier_targets !== undefined && { classifierTargets: JSON.parse(row.classifier_targets) }),
    name: row.name,
    description: row.description,
    archived: row.archived === 1,
    ...(row.pending_deletion_policy !== null && { pendingPolicy: row.pending_deletion_policy }),
    ...(row.artifact_bytes !== null && { artifactBytes: row.artifact_bytes }),
    createdAt: row.created_at,
  };
}
