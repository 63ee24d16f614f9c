import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { redact } from "#common";
import type { Progress, Run, Trainer, TrainingRequest, Validation } from "../../domain/trainer";
import type { SecretStore } from "../../store/secrets";
import { artifactBytes } from "../program/artifact";
import { createJobFolder, folderErrorMessage, removeWorkingFiles } from "../program/createJobFolder";
import { exitOfAttempt } from "../program/exitFile";
import { describeFailure } from "../program/failureReason";
import { JobFolder } from "../program/jobFolder";
import { type Action, nextAction } from "../program/nextAction";
import { toProgress } from "../program/programProgress";
import { ProgressFile } from "../program/progressFile";
import { estimateTraining } from "../recipe/estimateTraining";
import type { BaseModelEntry, ModelsFile } from "../recipe/modelsFile";
import { readAttempt } from "./attemptFile";
import { Queue } from "./fairQueue";
import { launchRunner, type RunnerArguments } from "./launchRunner";
import { type Attached, observeRun } from "./observeRun";
import { killProcessGroup, signalGroup } from "./processGroup";

export interface ProcessTrainerOptions
  extends Pick<RunnerArguments, "dataDir" | "command" | "hangTimeout" | "cancelGrace"> {
  models: ModelsFile;
  secrets: SecretStore;
  /** How many trainings run at a time. */
  maxJobs: number;
}

/** A runner that ends without even beginning an attempt is launched again this often: its disk may be full. */
const MAX_LAUNCHES = 3;

/** Trains with a program on this machine: one detached process group for each run, which outlives the server. */
export class ProcessTrainer implements Trainer {
  readonly name = "process";
  readonly queue: Queue;
  private readonly options: ProcessTrainerOptions;
  private readonly attached = new Map<string, Attached>();

  constructor(options: ProcessTrainerOptions) {
    this.options = options;
    this.queue = new Queue(options.maxJobs);
  }

  get baseModels(): readonly string[] {
    return [...this.options.models.keys()];
  }

  validate(request: TrainingRequest, signal: AbortSignal): Promise<Validation> {
    return this.estimate(request, signal);
  }

  estimate(request: TrainingRequest, signal: AbortSignal): Promise<Validation> {
    return estimateTraining(request, this.options.models, signal);
  }

  async start(run: Run): Promise<void> {
    this.attach(run);
    this.queue.wait(run);
  }

  async reattach(run: Run): Promise<void> {
    const { folder } = this.attach(run);
    if (readAttempt(folder) === undefined) {
      this.queue.wait(run);
    } else {
      this.queue.admitRunning(run.id);
    }
  }

  async poll(run: Run): Promise<Progress> {
    if (run.cancelRequestedAt === undefined && this.queue.isWaiting(run.id) && !this.queue.admit(run.id)) {
      // Before any look at the disk: hundreds may wait.
      return { state: "starting", step: 0, checkpoints: [], reason: this.waitingFor(run) };
    }
    const attached = this.attached.get(run.id) as Attached;
    // In this runnerArguments: what has ended by now has told all that it will.
    const seen = observeRun(attached, run);
    const programProgress = await attached.progress.read();
    const action = nextAction(seen, programProgress);
    if (action.kind !== "wait" && seen.attempt !== undefined && seen.exit?.attempt !== seen.attempt.attempt) {
      await killProcessGroup(seen.attempt);
    }
    const progress = toProgress(programProgress);
    switch (action.kind) {
      case "wait":
        return progress;
      case "launch":
        return { ...progress, ...(await this.launch(run, attached, action)) };
      case "failed":
        return { ...progress, ...(await this.fail(run, attached, action)) };
      case "succeeded":
        return {
          ...progress,
          state: "succeeded",
          stopReason: action.stopReason,
          artifactBytes: artifactBytes(attached.folder),
        };
      case "cancelled":
        return { ...progress, state: "cancelled" };
    }
  }

  async cancel(run: Run): Promise<void> {
    const attached = this.attached.get(run.id) as Attached;
    if (existsSync(attached.folder.job)) {
      await writeFile(attached.folder.cancel, "");
    }
    const attempt = readAttempt(attached.folder);
    if (attempt !== undefined && !attached.terminationSent) {
      attached.terminationSent = signalGroup(attempt, "SIGTERM");
    }
  }

  async release(id: string): Promise<void> {
    this.queue.leave(id);
    this.attached.delete(id);
    const folder = new JobFolder(this.options.dataDir, id);
    const attempt = readAttempt(folder);
    if (attempt !== undefined && exitOfAttempt(folder, attempt) === undefined) {
      // The job has ended without its program: the server had to give it up.
      await killProcessGroup(attempt);
    }
    await removeWorkingFiles(folder);
  }

  private attach(run: Run): Attached {
    const folder = new JobFolder(this.options.dataDir, run.id);
    const attached = { folder, progress: new ProgressFile(folder.progress), launches: 0, terminationSent: false };
    this.attached.set(run.id, attached);
    return attached;
  }

  private waitingFor(run: Run): string {
    const place = this.queue.place(run.id);
    return `Waits for its turn: number ${place} in the queue; at most ${this.options.maxJobs} at a time train on this machine`;
  }

  /** @returns how the run has failed, if it has */
  private async launch(run: Run, attached: Attached, { kind: _, ...attempt }: Launch): Promise<Failure | undefined> {
    const { dataDir, models, secrets, command, hangTimeout, cancelGrace } = this.options;
    const { folder } = attached;
    attached.launches = attached.attempt === attempt.attempt ? attached.launches + 1 : 1;
    attached.attempt = attempt.attempt;
    if (attached.launches > MAX_LAUNCHES) {
      const reason = "The training program could not be launched";
      return this.fail(run, attached, { kind: "failed", reason, includeLog: true });
    }
    const base = models.get(run.spec.model);
    if (base === undefined && !existsSync(folder.job)) {
      return { state: "failed", reason: `The server's models file has no model ${run.spec.model} any more` };
    }
    try {
      await createJobFolder(folder, run, base as BaseModelEntry);
      const runnerArguments = { dataDir, id: run.id, command, hangTimeout, cancelGrace, ...attempt };
      attached.runner = launchRunner(runnerArguments, secrets.read(run.id));
    } catch (error) {
      return { state: "failed", reason: folderErrorMessage(error as NodeJS.ErrnoException) };
    }
  }

  private async fail(run: Run, { folder }: Attached, action: Action & { kind: "failed" }): Promise<Failure> {
    const secrets = Object.values(this.options.secrets.read(run.id));
    const reason = action.includeLog ? await describeFailure(action.reason, folder.log) : action.reason;
    return { state: "failed", reason: redact(reason, secrets) };
  }
}

type Launch = Action & { kind: "launch" };
type Failure = { state: "failed"; reason: string };
