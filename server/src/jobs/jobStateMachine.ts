import { isTerminal } from "#common";
import type { Evaluations } from "../domain/evaluation";
import type { Job, JobState } from "../domain/job";
import { fineTunedModelName } from "../domain/modelName";
import { canBecome, type JobStatus } from "../domain/status";
import type { Progress, Trainer, Validation } from "../domain/trainer";
import { omitUndefined } from "../omitUndefined";
import type { FileStore } from "../store/files";
import type { JobStore } from "../store/jobs";
import type { MetricStore } from "../store/metrics/metricStore";
import type { ModelStore } from "../store/models";
import type { SecretStore } from "../store/secrets";
import type { Outcome } from "./batch";
import { StartedRun } from "./startedRun";
import { toTrainingRequest } from "./trainingRequest";

export interface JobStateMachineOptions {
  jobs: JobStore;
  files: FileStore;
  models: ModelStore;
  metrics: MetricStore;
  secrets: SecretStore;
  /** The trainers of this server by name. The supervisor ignores the jobs of other trainers. */
  trainers: ReadonlyMap<string, Trainer>;
}

/** The result of a poll. */
export interface PollResult {
  id: string;
  /** The status before the poll. */
  polled: JobStatus;
  progress: Progress;
}

/**
 * The result of a release. `not ended`: the terminal status was undone because its transaction failed. `no trainer`: this
 * server cannot end the program, because it does not have the trainer of the job.
 */
export type Released = "released" | "not ended" | "no trainer";

/** A run that this process polls, and what the store has about its progress. Avoids writing unchanged progress. */
interface Attached {
  run: StartedRun;
  recorded?: Recorded;
}

interface Recorded {
  progress: string;
  checkpoints: string;
  evaluations: Evaluations;
  events: number;
  waitingFor: string;
  /** The ID of the newest stored metric point. */
  point: number;
}

/**
 * Executes the actions of jobs. Each action depends only on stored data. The decision is stored before the work starts.
 */
export class JobStateMachine {
  /** Runs that this process has launched or reattached. */
  private readonly attached = new Map<string, Attached>();
  /** Runs of an earlier process that are not reattached yet. */
  private readonly unattached = new Set<string>();

  constructor(private readonly options: JobStateMachineOptions) {}

  /** Reattaches a run that an earlier process launched, or was about to launch. `poll` retries after an error. */
  async reattach(id: string): Promise<void> {
    this.unattached.add(id);
    const job = this.get(id);
    if (job.startedAt !== undefined) {
      const run = this.run(job);
      await this.trainer(job).reattach(run);
      this.attached.set(id, { run });
    }
    this.unattached.delete(id);
  }

  /** Validates a job, and starts it with `auto_start`. */
  async validate(id: string, status: JobStatus, signal: AbortSignal): Promise<void> {
    const { jobs } = this.options;
    if (status === "QUEUED") jobs.transition(id, "VALIDATING");
    await jobs.committed();
    const job = this.get(id);
    if (job.status === "VALIDATING") await this.runValidation(job, signal);
    await jobs.committed();
  }

  /**
   * Launches the run of a job if necessary, forwards a cancellation, and returns the progress of the run.
   *
   * @returns undefined when the status has changed meanwhile
   */
  async poll(id: string, { status, trainer: name, cancelRequestedAt }: JobState): Promise<Progress | undefined> {
    const { jobs, trainers } = this.options;
    const committed = jobs.committed();
    if (committed !== undefined) {
      // A crash must never leave a program that runs or was cancelled without the decision in the database.
      await committed;
      if (jobs.states([id]).get(id)?.status !== status) return undefined;
    }
    const trainer = trainers.get(name) as Trainer;
    if (this.unattached.has(id)) await this.reattach(id);
    const { run } = this.attached.get(id) ?? (await this.launch(id, trainer));
    if (status === "CANCELLATION_REQUESTED") {
      run.cancelRequestedAt = cancelRequestedAt as number;
      await trainer.cancel(run);
    }
    return trainer.poll(run);
  }

  private async launch(id: string, trainer: Trainer): Promise<Attached> {
    const attached = { run: this.run(this.get(id)) };
    await trainer.start(attached.run);
    this.attached.set(id, attached);
    return attached;
  }

  /**
   * Stores the results of polls in one transaction. Ignores a result when the status has changed since the poll.
   *
   * @returns the outcomes, once they are durable
   */
  async applyAll(results: PollResult[]): Promise<Outcome[]> {
    const { jobs } = this.options;
    const recorded = new Map<Attached, Recorded>();
    const outcomes = jobs.atomically(() => {
      const states = jobs.states(results.map(({ id }) => id));
      return results.map(({ id, polled, progress }) => {
        const hasChanged = states.get(id)?.status !== polled;
        if (hasChanged) return { hasChanged, hasEnded: false };
        const attached = this.attached.get(id) as Attached;
        recorded.set(attached, this.record(attached, progress));
        return { hasChanged, hasEnded: this.apply(id, polled, progress) };
      });
    });
    await jobs.committed();
    for (const [attached, current] of recorded) {
      attached.recorded = current;
      attached.run.storedPoint = current.point;
    }
    return outcomes;
  }

  /** Stores the start of a validated job. The next action launches the run. */
  start(id: string): Job {
    return this.options.jobs.transition(id, "STARTED", { startedAt: Date.now() });
  }

  /** Fails a job after an internal error, durably. @returns false when its status does not allow that */
  async fail(id: string): Promise<boolean> {
    if (!canBecome(this.get(id).status, "FAILED")) return false;
    const reason = `Internal error of the server; search its log for job ${id}`;
    this.options.jobs.transition(id, "FAILED", { stopReason: "failed" }, { reason });
    await this.options.jobs.committed();
    return true;
  }

  /** Adds an event to a job unless it has ended. */
  report(id: string, name: string, reason: string): void {
    if (!isTerminal(this.get(id).status)) this.options.jobs.addEvent(id, name, { reason });
  }

  /** Removes the data that only an unfinished job needs. */
  async release(id: string): Promise<Released> {
    const job = this.get(id);
    if (!isTerminal(job.status)) return "not ended";
    await this.options.jobs.committed();
    this.options.secrets.remove(id);
    const trainer = this.options.trainers.get(job.trainer);
    if (trainer === undefined) return "no trainer";
    await trainer.release(id);
    this.attached.delete(id);
    this.unattached.delete(id);
    return "released";
  }

  private async runValidation(job: Job, signal: AbortSignal): Promise<void> {
    const { jobs, files } = this.options;
    const request = toTrainingRequest(job, files);
    const validation = await this.trainer(job)
      .validate(request, signal)
      .catch((error) => {
        // A cancellation aborts the validation.
        if (this.get(job.id).status === "VALIDATING") throw error;
      });
    if (validation === undefined || this.get(job.id).status !== "VALIDATING") {
      return;
    }
    if (!validation.ok) {
      this.failValidation(job.id, validation);
      return;
    }
    jobs.atomically(() => {
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

  /** @returns whether the job has ended */
  private apply(id: string, status: JobStatus, progress: Progress): boolean {
    const { jobs } = this.options;
    if (status === "CANCELLATION_REQUESTED") {
      if (progress.state !== "cancelled") return false;
      jobs.transition(id, "CANCELLED", { stopReason: "cancelled" });
      return true;
    }
    if (status === "STARTED" && progress.state !== "starting") {
      jobs.transition(id, "RUNNING");
    }
    switch (progress.state) {
      case "succeeded":
        this.succeed(this.get(id), progress);
        return true;
      case "failed":
        jobs.transition(id, "FAILED", { stopReason: "failed" }, { reason: progress.reason });
        return true;
      default:
        return false;
    }
  }

  /** Stores progress that has changed. */
  private record({ run, recorded }: Attached, progress: Progress): Recorded {
    const { jobs } = this.options;
    const {
      step,
      trainLoss,
      remainingSeconds,
      trainedTokens,
      keptStep,
      actual,
      checkpoints,
      evaluations = {},
      events = [],
      points = [],
    } = progress;
    const waitingFor = progress.state === "starting" ? progress.reason : undefined;
    const isWaiting =
      waitingFor !== undefined && withoutNumbers(waitingFor) !== withoutNumbers(recorded?.waitingFor ?? run.waitingFor);
    // Replies compute the position in the queue, so a new position alone is not stored.
    const storedReason =
      progress.stateChangesAt === Number.POSITIVE_INFINITY ? withoutNumbers(waitingFor ?? "") : waitingFor;
    const current: Recorded = {
      progress: JSON.stringify([step, trainedTokens, keptStep, actual, storedReason]),
      checkpoints: JSON.stringify([checkpoints.length, checkpoints.at(-1)]),
      evaluations,
      events: events.length,
      waitingFor: waitingFor ?? "",
      point: points.at(-1)?.id ?? run.storedPoint,
    };
    if (points.length > 0) this.options.metrics.add(run.id, points);
    const hasCheckpoints = recorded?.checkpoints !== current.checkpoints;
    // By reference: a confusion matrix is large, and a trainer returns the same object until it has measured again.
    const hasEvaluations =
      recorded?.evaluations.base !== evaluations.base || recorded?.evaluations.tuned !== evaluations.tuned;
    const hasEvents = recorded?.events !== current.events;
    if (recorded?.progress === current.progress && !hasCheckpoints && !hasEvaluations && !hasEvents) {
      return current;
    }
    const stored = omitUndefined({ trainLoss, remainingSeconds, trainedTokens, keptStep, actual, waitingFor });
    jobs.record(
      run.id,
      { step, ...stored, updatedAt: Date.now() },
      {
        ...(hasCheckpoints && { checkpoints }),
        ...(hasEvaluations && { evaluations }),
        ...(hasEvents && { events }),
      },
    );
    if (isWaiting) jobs.addEvent(run.id, "waiting", { reason: waitingFor });
    return current;
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

  private run(job: Job): StartedRun {
    return new StartedRun(job, this.options.metrics.lastId(job.id), () => toTrainingRequest(job, this.options.files));
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
