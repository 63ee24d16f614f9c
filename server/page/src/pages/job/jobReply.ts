import type { DashboardJob } from "#common";

/** The figures of a model on the validation data. */
export interface MeasuredFigures {
  step: number;
  valid_loss?: number;
  valid_mean_token_accuracy?: number;
  accuracy?: number;
  f1?: number;
  majority_accuracy?: number;
  targets?: TargetFigures[];
}

export interface TargetFigures {
  name: string;
  samples?: number;
  accuracy?: number;
  f1?: number;
  majority_accuracy?: number;
  confusion?: Confusion;
}

export interface Confusion {
  labels: string[];
  /** Numbers of samples. Rows: the true labels. Columns: the predicted labels. */
  matrix: number[][];
}

/** `GET /v1/fine_tuning/jobs/{id}/evaluation`. Jobs have it without targets. */
export interface Evaluation {
  base?: MeasuredFigures;
  tuned?: MeasuredFigures;
  kept?: "best" | "last";
}

/** `GET /v1/fine_tuning/jobs/{id}/evaluation/samples`. */
export interface SampleAnswers {
  data: SampleAnswer[];
}

export interface SampleAnswer {
  prompt: string | { role?: unknown; content?: unknown }[];
  reference: string;
  base: string;
  tuned: string;
}

export interface JobEvent {
  name: string;
  data: Record<string, unknown>;
  created_at: number;
}

export interface Checkpoint {
  step_number: number;
  created_at: number;
  metrics: { train_loss?: number; valid_loss?: number; valid_mean_token_accuracy?: number };
}

/** What the page uses of `GET /v1/fine_tuning/jobs/{id}`. */
export interface JobReply
  extends Pick<DashboardJob, "id" | "status" | "job_type" | "model" | "suffix" | "fine_tuned_model" | "created_at"> {
  auto_start: boolean;
  keep?: string;
  training_files: string[];
  validation_files: string[];
  hyperparameters: Record<string, unknown>;
  repositories?: { owner: string; name: string; ref?: string; commit_id: string }[];
  integrations: { type: string; project: string }[];
  trained_tokens?: number;
  metadata: JobMetadata;
  artifact?: { url: string; bytes: number };
  evaluation?: Evaluation;
  classifier_targets?: { name: string; labels: string[]; weight: number; loss_function: string }[];
  /** Newest first. */
  events: JobEvent[];
  /** Newest first. */
  checkpoints: Checkpoint[];
}

export interface JobMetadata {
  trainer: string;
  simulated: boolean;
  cost?: number;
  cost_currency?: string;
  data_tokens?: number;
  train_tokens?: number;
  samples?: number;
  skipped_samples?: number;
  total_steps?: number;
  epochs?: number;
  expected_duration_seconds?: number;
  stop_reason?: string;
}
