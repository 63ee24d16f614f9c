import type { JobStatus } from "./jobStatus";
import type { JobType } from "./jobType";

/**
 * What the server's page reads from `/v1/fine_tuning/dashboard/…`, besides the API's own routes. The server and the page
 * compile these types. Names are those of the API; times are seconds since 1970.
 */

/** A row of the list of jobs. Absent fields are unknown. */
export interface DashboardJob {
  id: string;
  status: JobStatus;
  job_type: JobType;
  model: string;
  suffix?: string;
  fine_tuned_model?: string;
  /** The name of the API key that created the job, or the first digits of the key's hash. */
  owner: string;
  /** Whether the caller's key created the job. */
  mine: boolean;
  /** All figures of the job are made up. */
  simulated: boolean;
  created_at: number;
  started_at?: number;
  /** Set when the job has ended. */
  ended_at?: number;
  current_step?: number;
  total_steps?: number;
  /** 0 to 100. */
  progress_percentage?: number;
  remaining_seconds?: number;
  cost?: number;
  cost_currency?: string;
  /** The latest losses. */
  train_loss?: number;
  valid_loss?: number;
  /** Training losses, oldest first, evenly distributed over the steps: at most 40. */
  sparkline: number[];
  /** Why the job failed, or what it waits for. */
  reason?: string;
}

/** `GET /v1/fine_tuning/dashboard/jobs`. */
export interface DashboardJobList {
  object: "list";
  /** Newest first. */
  data: DashboardJob[];
  /** The number of all jobs that match the filter. */
  total: number;
  /** The number of jobs by status, of those that match the filter without its statuses. Omits statuses without jobs. */
  counts: Partial<Record<JobStatus, number>>;
  /** The models of all jobs in the workspace, for the filter. */
  models: string[];
}

/** A file of a job. */
export interface DashboardFile {
  id: string;
  role: "training" | "validation";
  /** Absent when the file is deleted. */
  filename?: string;
  bytes?: number;
  /** The number of samples. */
  num_lines?: number;
  /** Of the content, in hexadecimal: files with the same content have the same one. */
  sha256?: string;
  /** Of a training file, when the job sets it. */
  weight?: number;
}

/** `GET /v1/fine_tuning/dashboard/jobs/{id}`: what the API's reply about a job does not have. */
export interface DashboardJobDetail extends DashboardJob {
  files: DashboardFile[];
  /** Whether the API would accept a request to start or cancel the job. */
  can_start: boolean;
  can_cancel: boolean;
  /** Who holds the job's model, for example an approval. */
  held_by: string[];
  model_archived?: boolean;
  /** Path of the trained adapter, relative to the server's URL. */
  artifact_path?: string;
  /** Whether sample answers of the base and the tuned model exist. */
  has_samples: boolean;
}

/** Points of one type, in columns, ordered by step. */
export interface DashboardSeries {
  step: number[];
  created_at: number[];
  /** By name, for example `train_loss` or `valid_loss`. Null: the step has no such figure. */
  metrics: Record<string, (number | null)[]>;
}

/** `GET /v1/fine_tuning/dashboard/jobs/{id}/curves`. */
export interface DashboardCurves {
  job_id: string;
  status: JobStatus;
  simulated: boolean;
  /** Continue with `…/jobs/{id}/metrics/stream?after=`. */
  last_id: number;
  step: DashboardSeries;
  evaluation: DashboardSeries;
}

/** `GET /session`: who uses the page, or that a login is required. */
export type SessionReply = PageSession | { required: true; workspace?: undefined };

/** Who uses the page. */
export interface PageSession {
  /** Whether the server needs API keys. */
  required: boolean;
  workspace: string;
  /** See `DashboardJob.owner`. */
  owner: string;
  /** The server's trainer. */
  trainer: string;
  simulated: boolean;
  version: string;
  /** When the session ends. Absent without keys. */
  expires_at?: number;
}
