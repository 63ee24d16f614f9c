import { isTerminal } from "#common";
import type { Job } from "../domain/job";
import { fineTunedModelName } from "../domain/modelName";
import { canBecome } from "../domain/status";
import type { Plan, Progress, StartedJob, Trainer, Validation } from "../domain/trainer";
import { omitUndefined } from "../omitUndefined";
import type { FileStore } from "../store/files";
import type { JobStore } from "../store/jobs";
import type { ModelStore } from "../store/models";
import type { SecretStore } from "../store/secrets";
import { toTrainingRequest } from "./trainingRequest";

export interface JobStateMachineOptions {
  jobs: JobStore;
  files: FileStore;
  models: ModelStore;
  secrets: SecretStore;
  /** The trainers of this server by name. The supervisor ignores the jobs of other trainers. */
  trainers: ReadonlyMap<string, Trainer>;
}

/**
 * Executes the next action of a job. Each action depends only on stored data. The decision is stored before the work
 * starts.
 */
export class JobStateMachine {
  /** Jobs whose run this process has launched or reattached. */
  private readonly attached = new Set<string>();
  /** The last recorded progress of each job. Avoids writing unchanged progress. */
  private readonly recorded = new Map<string, string>();

  constructor(private readonly options: JobStateMachineOptions) {}

  /** Reattaches a run that an earlier process launched, or was about to launch. */
  async reattach(id: string): Promise<void> {
    const job = this.get(id);
    if (job.startedAt !== undefined) {
      await this.trainer(job).reattach(this.run(job));
      this.attached.add(id);
    }
  }

  /** Executes the next action. @returns whether another action can follow immediately */
  async next(id: string, signal: AbortSignal): Promise<boolean> {
    const job = this.get(id);
    switch (job.status) {
      case "QUEUED":
        this.options.jobs.transition(id, "VALIDATING");
        return true;
      case "VALIDATING":
        return this.validate(job, signal);
      case "STARTED":
      case "RUNNING":
      case "CANCELLATION_REQUESTED":
        return this.pollTrainer(job);
      default:
        return false;
    }
  }

  /** Stores the start of a validated job. The next action launches the run. */
  start(id: string): Job {
    return this.options.jobs.transition(id, "STARTED", { startedAt: Date.now() });
  }

  /** Fails a job after an internal error. */
  fail(id: string): void {
    if (canBecome(this.get(id).status, "FAILED")) {
      const reason = `Internal error of the server; search its log for job ${id}`;
      this.options.jobs.transition(id, "FAILED", { stopReason: "failed" }, { reason });
    }
  }

  /** Removes the data that only an unfinished job needs. Does nothing until the job has ended. */
  async release(id: string): Promise<void> {
    const job = this.get(id);
    if (isTerminal(job.status)) {
      await this.options.jobs.committed();
      this.options.secrets.remove(id);
      this.attached.delete(id);
      this.recorded.delete(id);
      await this.options.trainers.get(job.trainer)?.release(id);
    }
  }

  private async validate(job: Job, signal: AbortSignal): Promise<boolean> {
    const { jobs, files } = this.options;
    const request = toTrainingRequest(job, files);
    const validation = await this.trainer(job)
      .validate(request, signal)
      .catch((error) => {
        // A cancellation aborts the validation.
        if (this.get(job.id).status === "VALIDATING") throw error;
      });
    if (validation === undefined || this.get(job.id).status !== "VALIDATING") {
      return false;
    }
    if (!validation.ok) {
      this.failValidation(job.id, validation);
      return false;
    }
    return jobs.atomically(() => {
      for (const { name, data } of validation.events ?? []) {
        jobs.addEvent(job.id, name, data);
      }
      // Later jobs with the same data only warn about new rules. This must not bring skipped samples into a training.
      if (request.isKnownData || validation.plan.skippedSamples === 0) {
        const contents = [...request.trainingFiles, ...request.validationFiles].map(({ sha256 }) => sha256);
        files.markPassed(contents, job.workspace);
      }
      jobs.transition(job.id, "VALIDATED", { plan: validation.plan });
      if (job.spec.auto_start) {
        this.start(job.id);
      }
      return job.spec.auto_start;
    });
  }

  private failValidation(id: string, validation: Extract<Validation, { ok: false }>): void {
    const { jobs } = this.options;
    if ("failed" in validation) {
      jobs.transition(id, "FAILED", { stopReason: "failed" }, { reason: validation.reason });
    } else {
      const { reason, findings } = validation;
      jobs.transition(id, "FAILED_VALIDATION", {}, { reason, findings });
    }
  }

  /**
   * Launches the run if necessary, forwards a cancellation, and stores the run's progress.
   *
   * @returns whether the status has changed meanwhile, so that another action can follow immediately
   */
  private async pollTrainer(job: Job): Promise<boolean> {
    const trainer = this.trainer(job);
    const run = this.run(job);
    // A crash must never leave a program that runs or was cancelled without the decision in the database.
    await this.options.jobs.committed();
    if (this.get(job.id).status !== job.status) {
      return true;
    }
    if (!this.attached.has(job.id)) {
      await trainer.start(run);
      this.attached.add(job.id);
    }
    if (job.status === "CANCELLATION_REQUESTED") {
      await trainer.cancel(run);
    }
    const progress = await trainer.poll(run);
    // The job may have been cancelled during the poll. The next action handles the new status.
    if (this.get(job.id).status !== job.status) {
      return true;
    }
    this.options.jobs.atomically(() => this.apply(job, progress));
    return false;
  }

  private apply(job: Job, progress: Progress): void {
    const { jobs } = this.options;
    this.record(job, progress);
    if (job.status === "CANCELLATION_REQUESTED") {
      if (progress.state === "cancelled") {
        jobs.transition(job.id, "CANCELLED", { stopReason: "cancelled" });
      }
      return;
    }
    if (job.status === "STARTED" && progress.state !== "starting") {
      jobs.transition(job.id, "RUNNING");
    }
    if (progress.state === "succeeded") {
      this.succeed(job, progress);
    } else if (progress.state === "failed") {
      jobs.transition(job.id, "FAILED", { stopReason: "failed" }, { reason: progress.reason });
    }
  }

  private record(job: Job, progress: Progress): void {
    const { jobs } = this.options;
    const { step, trainLoss, remainingSeconds, trainedTokens, actual, checkpoints, events = [] } = progress;
    const waitingFor = progress.state === "starting" ? progress.reason : undefined;
    const changes = JSON.stringify([step, trainedTokens, actual, waitingFor, checkpoints.at(-1), events.length]);
    if (this.recorded.get(job.id) === changes) {
      return;
    }
    const stored = omitUndefined({ trainLoss, remainingSeconds, trainedTokens, actual, waitingFor });
    jobs.record(job.id, { step, ...stored, updatedAt: Date.now() }, progress);
    if (waitingFor !== undefined && withoutNumbers(waitingFor) !== withoutNumbers(job.progress?.waitingFor ?? "")) {
      jobs.addEvent(job.id, "waiting", { reason: waitingFor });
    }
    void this.setRecorded(job.id, changes);
  }

  /** Remembers recorded progress once it is durable. If it cannot be stored, the next poll records it again. */
  private async setRecorded(id: string, changes: string): Promise<void> {
    try {
      await this.options.jobs.committed();
      this.recorded.set(id, changes);
    } catch {
      this.recorded.delete(id);
    }
  }

  private succeed(job: Job, { stopReason = "completed", artifactBytes, trainedTokens }: Progress): void {
    const fineTunedModel = fineTunedModelName(job);
    this.options.models.add(fineTunedModel, job, artifactBytes);
    for (const { name, reason } of warningsOf(trainedTokens, artifactBytes)) {
      this.options.jobs.addEvent(job.id, name, { reason });
    }
    this.options.jobs.transition(job.id, "SUCCESS", { fineTunedModel, stopReason });
  }

  private trainer(job: Job): Trainer {
    return this.options.trainers.get(job.trainer) as Trainer;
  }

  private get(id: string): Job {
    return this.options.jobs.get(id) as Job;
  }

  private run(job: Job): StartedJob {
    return {
      ...toTrainingRequest(job, this.options.files),
      owner: job.owner,
      plan: job.plan as Plan,
      startedAt: job.startedAt as number,
      ...(job.cancelRequestedAt !== undefined && { cancelRequestedAt: job.cancelRequestedAt }),
    };
  }
}

/** Returns warnings about a training that succeeded, but probably did not train. */
function warningsOf(trainedTokens: number | undefined, artifactBytes: number | undefined) {
  return [
    trainedTokens === 0 && { name: "no-trained-tokens", reason: "The training program reported 0 trained tokens" },
    artifactBytes === 0 && { name: "empty-artifact", reason: "The artifact contains no data: its files are empty" },
  ].filter((warning) => warning !== false);
}

/** Removes the numbers from a reason. A changed queue position must not create an event for every waiting job. */
function withoutNumbers(reason: string): string {
  return reason.replaceAll(/\d+/g, "");
}
