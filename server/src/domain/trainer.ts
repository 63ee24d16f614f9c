import type { Evaluations, Figures, Keep, SampleAnswer } from "./evaluation";
import type { ClassifierTarget, JobSpec } from "./jobSpec";
import type { MetricPoint } from "./metricPoint";

/** The name of the trainer that trains nothing. Its figures are invented, and every reply about its jobs says so. */
export const SIMULATED = "simulated";

/** A training or validation file. */
export interface DataFile {
  id: string;
  /** The file name of the upload. Messages to users show this name. */
  name: string;
  path: string;
  bytes: number;
  /** SHA-256 of the content, in hex. */
  sha256: string;
}

/** A job that has not been validated yet. */
export interface TrainingRequest {
  id: string;
  workspace: string;
  spec: JobSpec;
  trainingFiles: DataFile[];
  validationFiles: DataFile[];
  /** The content of every data file belonged to an earlier job of the workspace that passed validation. */
  isKnownData: boolean;
}

/**
 * The result of a successful validation: the estimate for users, and the values that the trainer needs. Stored as JSON.
 */
export interface Plan {
  totalSteps: number;
  epochs: number;
  samples: number;
  /** Invalid samples that the training skips. Limited by `invalid_sample_skip_percentage`. */
  skippedSamples: number;
  dataTokens: number;
  tokensPerStep: number;
  /** Wall-clock seconds from the start to the end of the training. Absent when unknown. */
  expectedDurationSeconds?: number;
  /** Absent when there is no price. */
  cost?: number;
  /** ISO 4217 code. */
  costCurrency?: string;
  /** Only for simulated jobs: the factor by which the simulation is faster than real time. */
  speed?: number;
  /** The training program made this plan and trains by it. Absent: the server has estimated the plan. */
  source?: "program";
}

/** An event that a plan adds to the job. */
export interface PlanEvent {
  name: string;
  data: Record<string, unknown>;
}

export type Validation =
  | { ok: true; plan: Plan; events?: PlanEvent[] }
  /** The job is invalid. */
  | { ok: false; reason: string; findings: string[] }
  /** The validation itself failed. */
  | { ok: false; failed: true; reason: string };

/** A started job and its plan. */
export interface StartedJob extends TrainingRequest {
  owner: string;
  plan: Plan;
  /** When the job became STARTED, in milliseconds since 1970. */
  startedAt: number;
  cancelRequestedAt?: number;
  /** The ID of the newest metric point that is stored; 0, the default, without one. */
  storedPoint?: number;
}

export interface Checkpoint {
  step: number;
  metrics: { train_loss: number; valid_loss?: number; valid_mean_token_accuracy?: number };
  /** Milliseconds since 1970. */
  createdAt: number;
}

/** An event in `progress.jsonl`, for users. */
export interface ProgramEvent {
  name: string;
  data: Record<string, unknown>;
  /** Milliseconds since 1970. */
  createdAt: number;
  /** The line number in `progress.jsonl`. Increases with every event. */
  line: number;
}

export interface Progress {
  /** A run that waits in a queue is also `starting`. */
  state: "starting" | "running" | "succeeded" | "failed" | "cancelled";
  /**
   * Completed steps, 0 to `totalSteps`. Decreases to the checkpoint's step when the training resumes from a checkpoint.
   */
  step: number;
  trainLoss?: number;
  remainingSeconds?: number;
  /** All checkpoints so far, oldest first. */
  checkpoints: Checkpoint[];
  /** The measurements of the base model and of the result so far. Absent: none. */
  evaluations?: Evaluations;
  /** `failed`: why the run failed. `starting`: what the run waits for. */
  reason?: string;
  /** Only for `succeeded`: `completed` (all steps) by default, or `early_stopping`. */
  stopReason?: string;
  /** Only for `succeeded`: the size of the artifact in bytes. */
  artifactBytes?: number;
  /** All events so far, oldest first. */
  events?: ProgramEvent[];
  /** The metric points after `storedPoint`, oldest first. */
  points?: readonly MetricPoint[];
  trainedTokens?: number;
  /** The step of the checkpoint that is the artifact. Absent: the training program does not report it. */
  keptStep?: number;
  /**
   * The earliest time at which the state can change, in milliseconds since 1970. The job is polled then. Absent: unknown.
   * `Infinity`: not before the trainer calls `onChange`.
   */
  stateChangesAt?: number;
  /** The earliest time at which another field can change. Only with `stateChangesAt`. */
  progressChangesAt?: number;
  /** Measured values that replace the estimates of the plan. */
  actual?: Partial<Pick<Plan, "totalSteps" | "epochs" | "tokensPerStep" | "dataTokens">>;
}

/** Settings of a job that change the rows of its validation data. Absent: the default of the training program. */
export interface EvaluationRows {
  /** Tokens. */
  seqLen?: number | undefined;
  fimRatio?: number | undefined;
  /** The seed of fill-in-the-middle, and of the head of a classifier's base model. */
  seed?: number | undefined;
  /** Maximum share of invalid samples that are skipped instead of failing the evaluation. */
  skipShare?: number | undefined;
}

/** An evaluation of a model on the validation data of a job. */
export interface EvaluationRequest {
  id: string;
  workspace: string;
  /** The base model: the evaluated model itself, or the one that was tuned. */
  root: string;
  /** The job that has produced the model. Absent: the base model is evaluated. */
  modelJobId?: string;
  jobType: JobSpec["job_type"];
  classifierTargets: readonly ClassifierTarget[];
  /** How the rows of the job were made from its validation files. */
  rows: EvaluationRows;
  validationFiles: readonly DataFile[];
  /** The number of sample answers. */
  samples: number;
}

/** A validation prompt with the answer of the evaluated model. */
export type EvaluatedSample = Pick<SampleAnswer, "prompt" | "reference"> & { answer: string };

export type EvaluationResult =
  | { figures: Figures; samples: EvaluatedSample[] }
  /** Why there are no figures. For users, without secrets. */
  | { failure: string };

/** A row of tokens, as the training program prints it: `line`, `row`, `input_ids`, `labels`, `text`, `learned`. */
export type ShownRow = Record<string, unknown>;

export type ShownRows =
  | { rows: ShownRow[] }
  /** The training program cannot show rows. */
  | { unsupported: string }
  /** The samples are invalid, or the program failed. */
  | { failure: string };

/**
 * A `TrainingRule` of `#common/trainingRule`. This file cannot import that type: it is part of the package's type
 * declarations, and TypeScript's resolution `node10` does not know the import `#common`.
 */
export type PublishedRule = object;

/**
 * Runs trainings. The server stores the status STARTED *before* it calls `start`. After a crash it is therefore unknown
 * whether the run was launched: `reattach` must find the existing run, or launch one.
 */
export interface Trainer {
  /** The value of `--trainer`. Stored with each job. */
  readonly name: string;
  /** The models that this trainer supports. Absent: any model. */
  readonly baseModels?: readonly string[];
  /** Whether any job has a cost. */
  readonly hasPrice: boolean;
  /**
   * Returns the rule by which the trainer sizes a training of a base model. Undefined when the model has no rule.
   *
   * @param workspace the rule may contain measurements of this workspace's data
   */
  trainingRule(model: string, workspace: string): Promise<PublishedRule | undefined>;
  /** The number of running and waiting runs. Absent when the trainer has no queue of its own. */
  readonly queue?: { readonly running: number; readonly waiting: number };
  /**
   * Reads the data and plans the training. May create the job's folder. Called again after a server restart, and then
   * returns the same plan. The promise rejects after an internal error, and when `signal` aborts: nothing of the
   * validation is running then.
   */
  validate(request: TrainingRequest, signal: AbortSignal): Promise<Validation>;
  /** Like `validate`, for a dry run. Changes nothing. Must be fast, because the client waits for the response. */
  estimate(request: TrainingRequest, signal: AbortSignal): Promise<Validation>;
  /**
   * Returns the rows that the samples of a base model become, before packing. Absent: the trainer does not tokenize.
   *
   * @param content samples as JSONL
   * @param rows the maximum number of rows
   * @param workspace the requests of several workspaces take turns
   */
  showRows?(model: string, content: Buffer, rows: number, workspace: string, signal: AbortSignal): Promise<ShownRows>;
  /** Returns which checkpoint becomes the model of a job that does not say so. Absent: the best one. */
  defaultKeep?(model: string): Keep | undefined;
  /** Returns sample answers of a job that has succeeded, when the trainer invents them. Absent: the program writes a file. */
  inventSamples?(count: number): SampleAnswer[];
  /** Returns the length and the seed of a job's rows, which the models file decides when the job does not. Absent: none. */
  rowsOf?(job: Pick<TrainingRequest, "id" | "spec">): Pick<EvaluationRows, "seqLen" | "seed">;
  /** Whether `evaluate` works, see `canEvaluate`. Absent: it does if it exists. */
  canEvaluate?(): Promise<boolean>;
  /**
   * Evaluates a model. Called again after a server restart. Absent: the trainer cannot.
   *
   * @throws when `signal` aborts; nothing of the evaluation is running then
   */
  evaluate?(request: EvaluationRequest, signal: AbortSignal): Promise<EvaluationResult>;
  /** Set by the server. The trainer calls it when a job that waits may start. */
  onChange?: (jobId: string) => void;
  /** Returns why a started job waits at this moment; undefined when it does not wait in the trainer's own queue. */
  waitingReason?(jobId: string): string | undefined;
  /** Called when the server accepts requests. */
  open?(): void;
  /** Stops everything that must not outlive the server. Trainings continue. */
  close?(): Promise<void>;
  /** Launches the run of a job for the first time. */
  start(run: StartedJob): Promise<void>;
  /** Finds the run after a server restart, or launches it. Called once for each unfinished run, before any poll. */
  reattach(run: StartedJob): Promise<void>;
  /** Returns the current progress of the run. */
  poll(run: StartedJob): Promise<Progress>;
  /** Requests the run to stop. Repeated with every poll until `poll` returns `cancelled`. */
  cancel(run: StartedJob): Promise<void>;
  /**
   * Ends the program if it still runs, and removes the data that only the training needed. Called after the terminal
   * status is stored, again after an error, and for old jobs after a restart. Idempotent.
   */
  release(id: string): Promise<void>;
}

/** Whether a trainer can evaluate a model on demand. */
export async function canEvaluate(trainer: Trainer | undefined): Promise<boolean> {
  return trainer?.evaluate !== undefined && (await trainer.canEvaluate?.()) !== false;
}
