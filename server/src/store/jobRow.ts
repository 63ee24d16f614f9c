import type { Job } from "../domain/job";
import type { ClassifierTarget, JobSpec } from "../domain/jobSpec";
import type { JobStatus } from "../domain/status";

/** A row of the table `jobs`. */
export interface JobRow {
  seq: number;
  id: string;
  workspace: string;
  owner: string;
  status: JobStatus;
  trainer: string;
  /** Without the classifier targets, which are in the table `job_targets`. */
  spec: string;
  plan: string | null;
  progress: string | null;
  started_at: number | null;
  cancel_requested_at: number | null;
  fine_tuned_model: string | null;
  created_at: number;
  modified_at: number;
}

/**
 * Converts a row to a job. NULL columns become absent fields.
 *
 * @param readTargets reads the classifier targets of a job, on each access to `spec.classifier_targets`
 */
export function toJob(row: JobRow, readTargets: (seq: number) => ClassifierTarget[]): Job {
  return {
    id: row.id,
    workspace: row.workspace,
    owner: row.owner,
    status: row.status,
    trainer: row.trainer,
    spec: withTargets(JSON.parse(row.spec), () => readTargets(row.seq)),
    ...(row.plan !== null && { plan: JSON.parse(row.plan) }),
    ...(row.progress !== null && { progress: JSON.parse(row.progress) }),
    ...(row.started_at !== null && { startedAt: row.started_at }),
    ...(row.cancel_requested_at !== null && { cancelRequestedAt: row.cancel_requested_at }),
    ...(row.fine_tuned_model !== null && { fineTunedModel: row.fine_tuned_model }),
    createdAt: row.created_at,
    modifiedAt: row.modified_at,
  };
}

/** Adds the targets as a getter. Lists and polls never need the labels, which can be a megabyte long for each job. */
function withTargets(spec: Omit<JobSpec, "classifier_targets">, readTargets: () => ClassifierTarget[]): JobSpec {
  const get = spec.job_type === "classifier" ? readTargets : () => [];
  return Object.defineProperty(spec, "classifier_targets", { get, enumerable: true }) as JobSpec;
}
