import type { JobSpec } from "./jobSpec";
import type { JobStatus } from "./status";
import type { Plan, Progress } from "./trainer";

/** A stored job. Times are milliseconds since 1970. */
export interface Job {
  id: string;
  workspace: string;
  /** The hash of the API key that created the job, or `anonymous`. */
  owner: string;
  status: JobStatus;
  /** The name of the trainer that runs this job. Restarting the server with another `--trainer` does not change this field. */
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

/** The part of a job that decides about its next action. */
export type JobState = Pick<Job, "status" | "trainer" | "cancelRequestedAt">;

/** The part of a trainer's progress that the job row stores. Checkpoints and events have their own tables. */
export interface StoredProgress
  extends Pick<Progress, "step" | "trainLoss" | "remainingSeconds" | "trainedTokens" | "keptStep" | "actual"> {
  updatedAt: number;
  /** Why a started job is not running yet, for example its position in the queue. */
  waitingFor?: string;
  /** Why the training ended: `completed`, `early_stopping`, `failed` or `cancelled`. */
  stopReason?: string;
}

export interface JobEvent {
  name: string;
  data: Record<string, unknown>;
  createdAt: number;
}

/** Fields that a status transition may set. */
export interface JobChange {
  plan?: Plan;
  startedAt?: number;
  cancelRequestedAt?: number;
  fineTunedModel?: string;
  stopReason?: string;
}
