import type { JobSpec } from "./jobSpec";
import type { JobStatus } from "./status";
import type { Plan, Progress } from "./trainer";

/** A job as it is stored. Times are milliseconds since 1970. */
export interface Job {
  id: string;
  owner: string;
  status: JobStatus;
  /** The trainer that the job was created for. */
  trainer: string;
  spec: JobSpec;
  plan?: Plan;
  progress?: StoredProgress;
  startedAt?: number;
  cancelRequestedAt?: number;
  fineTunedModel?: string;
  createdAt: number;
  modifiedAt: number;
}

/** What is kept of a trainer's progress in the job itself; checkpoints have rows of their own. */
export interface StoredProgress
  extends Pick<Progress, "step" | "trainLoss" | "remainingSeconds" | "trainedTokens" | "actual"> {
  updatedAt: number;
  /** What a started job waits for. */
  waitingFor?: string;
  /** Why the training ended. */
  stopReason?: string;
}

export interface JobEvent {
  name: string;
  data: Record<string, unknown>;
  createdAt: number;
}

/** What may change together with the status. */
export interface Change {
  plan?: Plan;
  startedAt?: number;
  cancelRequestedAt?: number;
  fineTunedModel?: string;
  stopReason?: string;
}

/** A job as SQLite has it. */
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

/** A job from its row. What is not known yet is not there at all. */
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
