import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { plural } from "#common";
import type { Progress, StartedJob, Trainer, TrainingRequest, Validation } from "../../domain/trainer";
import { artifactBytes } from "../program/artifact";
import { removeWorkingFiles } from "../program/createJobFolder";
import { exitOfAttempt } from "../program/exitFile";
import { type Action, nextAction } from "../program/nextAction";
import { type Failure, ProgramTrainer, type ProgramTrainerOptions } from "../program/programTrainer";
import { toProgress } from "../program/progress/programProgress";
import { ProgressFile } from "../program/progress/progressFile";
import { readAttempt } from "./attemptFile";
import { Queue } from "./fairQueue";
import { GpuPool } from "./gpus";
import { launchRunner, type RunnerArguments } from "./launchRunner";
import { type AttachedRun, observeRun } from "./observeRun";
import { killProcessGroup, signalGroup } from "./processGroup";

export interface ProcessTrainerOptions extends ProgramTrainerOptions, Pick<RunnerArguments, "cancelGrace"> {
  /** Maximum number of trainings that run at the same time. */
  maxJobs: number;
  /** The GPUs of this machine: see `findGpus`. */
  gpus: readonly string[];
}

type Launch = Action & { kind: "launch" };

/**
 * Maximum launches of a runner for one attempt. Prevents an endless loop when runners exit before the attempt begins, for
 * example because the disk is full.
 */
const MAX_LAUNCHES = 3;

/** Trains on this machine. Each run is a detached process group, which keeps running when the server exits. */
export class ProcessTrainer extends ProgramTrainer<ProcessTrainerOptions> implements Trainer {
  readonly name = "process";
  readonly queue: Queue;
  private readonly gpus: GpuPool;
  private readonly attached = new Map<string, AttachedRun>();

  constructor(options: ProcessTrainerOptions) {
    super(options);
    this.queue = new Queue(options.maxJobs);
    this.gpus = new GpuPool(options.gpus);
  }

  override async validate(request: TrainingRequest, signal: AbortSignal): Promise<Validation> {
    return this.checkGpus(request) ?? super.validate(request, signal);
  }

  override async estimate(request: TrainingRequest, signal: AbortSignal): Promise<Validation> {
    return this.checkGpus(request) ?? super.estimate(request, signal);
  }

  async start(run: StartedJob): Promise<void> {
    this.attach(run);
    this.queue.add(run);
  }

  async reattach(run: StartedJob): Promise<void> {
    const { folder } = this.attach(run);
    const attempt = readAttempt(folder);
    if (attempt === undefined) {
      this.queue.add(run);
    } else {
      this.queue.addRunning(run.id);
      this.gpus.record(run.id, attempt.gpus ?? []);
    }
  }

  async poll(run: StartedJob): Promise<Progress> {
    if (run.cancelRequestedAt === undefined && this.queue.isWaiting(run.id) && !this.admit(run)) {
      // Hundreds of jobs may be queued: answer without reading the disk.
      return { state: "starting", step: 0, checkpoints: [], reason: this.queuedReason(run) };
    }
    const attached = this.attached.get(run.id) as AttachedRun;
    // Check liveness before reading progress: a dead process no longer writes.
    const observation = observeRun(attached, run);
    const programProgress = await attached.progress.read();
    const action = nextAction(observation, programProgress);
    const { attempt, exit } = observation;
    // A restarted server may find a runner that an earlier process had just launched.
    if (attempt !== undefined) this.gpus.record(run.id, attempt.gpus ?? []);
    if (action.kind !== "wait" && attempt !== undefined && exit?.attempt !== attempt.attempt) {
      // The runner was killed before it wrote exit.json, so its program may still be running.
      await killProcessGroup(attempt);
    }
    const progress = toProgress(programProgress);
    switch (action.kind) {
      case "wait":
        return progress;
      case "launch":
        return { ...progress, ...(await this.launch(run, attached, action)) };
      case "failed":
        return { ...progress, ...(await this.failure(run, attached.folder, action)) };
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

  async cancel(run: StartedJob): Promise<void> {
    const attached = this.attached.get(run.id) as AttachedRun;
    if (existsSync(attached.folder.jobFile)) {
      await writeFile(attached.folder.cancelFile, "");
    }
    const attempt = readAttempt(attached.folder);
    if (attempt !== undefined && !attached.terminationSent) {
      attached.terminationSent = signalGroup(attempt, "SIGTERM");
    }
  }

  async release(id: string): Promise<void> {
    this.queue.remove(id);
    this.gpus.release(id);
    this.attached.delete(id);
    const folder = this.folderOf(id);
    const attempt = readAttempt(folder);
    if (attempt !== undefined && exitOfAttempt(folder, attempt) === undefined) {
      // The server has already failed the job, but its program may still be running.
      await killProcessGroup(attempt);
    }
    await removeWorkingFiles(folder);
  }

  /** A job that needs more GPUs than the machine has would wait forever. */
  private checkGpus({ spec }: TrainingRequest): Validation | undefined {
    const count = this.gpusOf(spec.model);
    if (this.gpus.size === 0 || count <= this.gpus.size) return undefined;
    const reason =
      `The models file gives the model ${spec.model} ${count} GPUs, but this server has ${this.gpus.size}. ` +
      "Lower gpus in the models file";
    return { ok: false, reason, findings: [] };
  }

  private attach(run: StartedJob): AttachedRun {
    const folder = this.folderOf(run.id);
    const attached = { folder, progress: new ProgressFile(folder.progressFile), launches: 0, terminationSent: false };
    this.attached.set(run.id, attached);
    return attached;
  }

  /** Admits a queued job when the limit allows it and its GPUs are free, which are then assigned to the job. */
  private admit(run: StartedJob): boolean {
    const count = this.gpusOf(run.spec.model);
    const admitted = this.queue.admit(run.id, () => this.gpus.has(count));
    if (admitted) this.gpus.assign(run.id, count);
    return admitted;
  }

  private gpusOf(model: string): number {
    return this.options.models.get(model)?.gpus ?? 1;
  }

  private queuedReason(run: StartedJob): string {
    const position = this.queue.position(run.id);
    if (position === 1 && this.queue.hasCapacity) {
      const count = this.gpusOf(run.spec.model);
      return `Queued: number 1 in the queue; waits for ${plural(count, "free GPU")} of ${this.gpus.size}`;
    }
    return `Queued: number ${position} in the queue; at most ${this.options.maxJobs} trainings run at the same time`;
  }

  /** @returns undefined when a runner was launched */
  private async launch(
    run: StartedJob,
    attached: AttachedRun,
    { kind: _, ...attempt }: Launch,
  ): Promise<Failure | undefined> {
    const { dataDir, secrets, command, hangTimeout, cancelGrace } = this.options;
    const { folder } = attached;
    attached.launches = attached.attempt === attempt.attempt ? attached.launches + 1 : 1;
    attached.attempt = attempt.attempt;
    if (attached.launches > MAX_LAUNCHES) {
      return this.failure(run, folder, { reason: "The training program could not be launched", includeLog: true });
    }
    return this.prepareFolder(run, folder, () => {
      const gpus = this.gpus.assign(run.id, this.gpusOf(run.spec.model));
      const runnerArguments = { dataDir, id: run.id, command, hangTimeout, cancelGrace, gpus, ...attempt };
      attached.runner = launchRunner(runnerArguments, secrets.read(run.id));
    });
  }
}
