import type { JobSpec } from "./jobSpec";

/** The trainer that trains nothing: what it reports is made up, and every reply about its jobs says so. */
export const SIMULATED = "simulated";

/** A data file as a trainer sees it. */
export interface DataFile {
  id: string;
  /** The name it was uploaded under: what people know it by. */
  name: string;
  path: string;
  bytes: number;
}

/** A job before it has been validated. */
export interface TrainingRequest {
  id: string;
  spec: JobSpec;
  trainingFiles: DataFile[];
  validationFiles: DataFile[];
}

/** What validation found out: the estimate that users see, and all that a trainer needs to know later. Stored as JSON. */
export interface Plan {
  totalSteps: number;
  epochs: number;
  samples: number;
  /** Bad samples that `invalid_sample_skip_percentage` lets pass. */
  skippedSamples: number;
  dataTokens: number;
  tokensPerStep: number;
  /** From the start to the end of the training, in seconds of the clock on the wall. Left out where nobody can tell. */
  expectedDurationSeconds?: number;
  /** Left out where there is no price. */
  cost?: number;
  /** ISO 4217. */
  costCurrency?: string;
  /** How many times faster than real time a simulation runs. */
  speed?: number;
}

export type Validation = { ok: true; plan: Plan } | { ok: false; reason: string; findings: string[] };

/** A job that has been started. */
export interface Run extends TrainingRequest {
  owner: string;
  plan: Plan;
  /** When the start was decided, in milliseconds since 1970. */
  startedAt: number;
  cancelRequestedAt?: number;
}

export interface Checkpoint {
  step: number;
  metrics: { train_loss: number; valid_loss?: number; valid_mean_token_accuracy?: number };
  /** Milliseconds since 1970. */
  createdAt: number;
}

/** What a training program tells its users, besides its steps. */
export interface ProgramEvent {
  name: string;
  data: Record<string, unknown>;
  /** Milliseconds since 1970. */
  createdAt: number;
  /** The line that says it: a greater one than that of every event before. */
  line: number;
}

export interface Progress {
  /** `starting` is also what a run is that waits for its turn. */
  state: "starting" | "running" | "succeeded" | "failed" | "cancelled";
  /** Steps done, 0 to `totalSteps`. A training that goes on from a checkpoint goes back to the checkpoint's step. */
  step: number;
  trainLoss?: number;
  remainingSeconds?: number;
  /** All of them so far, oldest first. */
  checkpoints: Checkpoint[];
  /** Why it failed; while it is starting, what it waits for. */
  reason?: string;
  /** Why a training that succeeded has ended: after all its steps, unless this says otherwise. */
  stopReason?: string;
  /** The size of what a training that succeeded has made, in bytes. */
  artifactBytes?: number;
  /** All of them so far, oldest first. */
  events?: ProgramEvent[];
  trainedTokens?: number;
  /** What the plan could only estimate. */
  actual?: Partial<Pick<Plan, "totalSteps" | "epochs" | "tokensPerStep" | "dataTokens">>;
}

/**
 * What trains the models. The server decides a job's status and stores it *before* it calls `start`, so a trainer that
 * finds a job started may or may not have been told: `reattach` must find the run of that job again, or launch it.
 */
export interface Trainer {
  /** The value of `--trainer`; stored with each job. */
  readonly name: string;
  /** The models that it can train; any, where it does not say. */
  readonly baseModels?: readonly string[];
  /** How many runs there are and wait, where the trainer itself lets them wait. */
  readonly queue?: { readonly running: number; readonly waiting: number };
  /** Reads the data and plans the training; changes nothing. Rejects only when it cannot tell, not when the data is bad. */
  validate(request: TrainingRequest, signal: AbortSignal): Promise<Validation>;
  /** The same for a dry run: its user waits for the answer. */
  estimate(request: TrainingRequest, signal: AbortSignal): Promise<Validation>;
  /** Launches the run of a job that was never launched before. */
  start(run: Run): Promise<void>;
  /** Called once for each unfinished run after the server was restarted, before any run is polled. */
  reattach(run: Run): Promise<void>;
  /** How far the run is. */
  poll(run: Run): Promise<Progress>;
  /** Asks the run to stop; it has when `poll` says so. Called again with every poll until then. */
  cancel(run: Run): Promise<void>;
  /** The job has ended, and that is stored: what only the training needed can go. May be called more than once. */
  release(id: string): Promise<void>;
}
