import type { Job } from "../domain/job";
import type { JobStatus } from "../domain/status";

/** A row of the table `jobs`. */
export interface JobRow {
  id: string;
  owner: string;
  status: JobStatus;
  trainer: string;
  spec: string;
  plan: string | null;
  progress: string | null;
  started_at: number | null;
  cancel_requested_at: number | null;
  fine_tuned_model: string | null;
  created_at: number;
  modified_at: number;
}

/** Converts a row to a job. NULL columns become absent fields. */
export function toJob(row: JobRow): Job {
  return {
    id: row.id,
    owner: row.owner,
    status: row.status,
    trainer: row.trainer,
    spec: JSON.parse(row.spec),
    ...(row.plan !== null && { plan: JSON.parse(row.plan) }),
    ...(row.progress !== null && { progress: JSON.parse(row.progress) }),
    ...(row.started_at !== null && { startedAt: row.started_at }),
    ...(row.cancel_requested_at !== null && { cancelRequestedAt: row.cancel_requested_at }),
    ...(row.fine_tuned_model !== null && { fineTunedModel: row.fine_tuned_model }),
    createdAt: row.created_at,
    modifiedAt: row.modified_at,
  };
}
