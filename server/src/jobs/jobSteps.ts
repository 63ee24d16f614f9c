import { isTerminal } from "#common";
import type { Job } from "../domain/job";
import { fineTunedModelName } from "../domain/modelName";
import { canBecome } from "../domain/status";
import type { Plan, Progress, Run, Trainer } from "../domain/trainer";
import { omitUndefined } from "../omitUndefined";
import type { FileStore } from "../store/files";
import type { JobStore } from "../store/jobs";
import type { ModelStore } from "../store/models";
import type { SecretStore } from "../store/secrets";
import { toTrainingRequest } from "./trainingRequest";

export interface JobStepsOptions {
  jobs: JobStore;
  files: FileStore;
  models: ModelStore;
  secrets: SecretStore;
  /** Those that this server has. Jobs of others rest. */
  trainers: ReadonlyMap<string, Trainer>;
}

/** What the status of a job asks the server to do. Each step is decided from what is stored, and stored before it is done. */
export class JobSteps {
  private readonly options: JobStepsOptions;
  /** Jobs whose run this process has launched or found again. */
  private readonly attached = new Set<string>();
  /** What was recorded last of each, to write only what is new. */
  private readonly recorded = new Map<string, string>();

  constructor(options: JobStepsOptions) {
    this.options = options;
  }

  /** Finds a run again that a process before this one has started, or was to start. */
  async reattach(id: string): Promise<void> {
    const job = this.get(id);
    if (job.startedAt !== undefined) {
      await this.trainer(job).reattach(this.run(job));
      this.attached.add(id);
    }
  }

  /** Does the next one. @returns whether there is more to do at once */
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
        return this.follow(job);
      default:
        return false;
    }
  }

  /** Decides that a validated job starts; the next step does it. */
  start(id: string): Job {
    return this.options.jobs.transition(id, "STARTED", { startedAt: Date.now() });
  }

  /** Ends a job that the server cannot go on with. */
  fail(id: string): void {
    if (canBecome(this.get(id).status, "FAILED")) {
      const reason = "The server could not go on with this job; its log says why";
      this.options.jobs.transition(id, "FAILED", { stopReason: "failed" }, { reason });
    }
  }

  /** Lets go what only a job needed that has not ended. */
  async release(id: string): Promise<void> {
    const job = this.get(id);
    if (isTerminal(job.status)) {
      this.options.secrets.remove(id);
      this.attached.delete(id);
      this.recorded.delete(id);
      await this.options.trainers.get(job.trainer)?.release(id);
    }
  }

  private async validate(job: Job, signal: AbortSignal): Promise<boolean> {
    const { jobs, files } = this.options;
    const validation = await this.trainer(job).validate(toTrainingRequest(job.id, job.spec, files), signal);
    if (this.get(job.id).status !== "VALIDATING") {
      return false;
    }
    if (!validation.ok) {
      const { reason, findings } = validation;
      jobs.transition(job.id, "FAILED_VALIDATION", {}, { reason, findings });
      return false;
    }
    return jobs.atomically(() => {
      jobs.transition(job.id, "VALIDATED", { plan: validation.plan });
      if (job.spec.auto_start) {
        this.start(job.id);
      }
      return job.spec.auto_start;
    });
  }

  /** @returns whether the status has changed, so that the next one can be acted upon */
  private async follow(job: Job): Promise<boolean> {
    const trainer = this.trainer(job);
    const run = this.run(job);
    if (!this.attached.has(job.id)) {
      await trainer.start(run);
      this.attached.add(job.id);
    }
    if (job.status === "CANCELLATION_REQUESTED") {
      await trainer.cancel(run);
    }
    const progress = await trainer.poll(run);
    // While the trainer answered, the job may have been cancelled; what is true now is looked at in the next round.
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
    const news = JSON.stringify([step, trainedTokens, actual, waitingFor, checkpoints.at(-1), events.length]);
    if (this.recorded.get(job.id) === news) {
      return;
    }
    const stored = omitUndefined({ trainLoss, remainingSeconds, trainedTokens, actual, waitingFor });
    jobs.record(job.id, { step, ...stored, updatedAt: Date.now() }, progress);
    if (waitingFor !== undefined && withoutNumbers(waitingFor) !== withoutNumbers(job.progress?.waitingFor ?? "")) {
      jobs.addEvent(job.id, "waiting", { reason: waitingFor });
    }
    this.recorded.set(job.id, news);
  }

  private succeed(job: Job, { stopReason = "completed", artifactBytes }: Progress): void {
    const fineTunedModel = fineTunedModelName(job);
    this.options.models.add(fineTunedModel, job, artifactBytes);
    this.options.jobs.transition(job.id, "SUCCESS", { fineTunedModel, stopReason });
  }

  private trainer(job: Job): Trainer {
    return this.options.trainers.get(job.trainer) as Trainer;
  }

  private get(id: string): Job {
    return this.options.jobs.get(id) as Job;
  }

  private run(job: Job): Run {
    return {
      ...toTrainingRequest(job.id, job.spec, this.options.files),
      owner: job.owner,
      plan: job.plan as Plan,
      startedAt: job.startedAt as number,
      ...(job.cancelRequestedAt !== undefined && { cancelRequestedAt: job.cancelRequestedAt }),
    };
  }
}

/** A reason without its numbers: a place in a queue changes all the time, which is no event for each who waits in it. */
function withoutNumbers(reason: string): string {
  return reason.replaceAll(/\d+/g, "");
}
