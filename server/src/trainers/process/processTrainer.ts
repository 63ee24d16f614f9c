import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import type { Progress, StartedJob, Trainer } from "../../domain/trainer";
import { artifactBytes } from "../program/artifact";
import { removeWorkingFiles } from "../program/createJobFolder";
import { exitOfAttempt } from "../program/exitFile";
import { type Action, nextAction } from "../program/nextAction";
import { type Failure, ProgramTrainer, type ProgramTrainerOptions } from "../program/programTrainer";
import { toProgress } from "../program/progress/programProgress";
import { ProgressFile } from "../program/progress/progressFile";
import { readAttempt } from "./attemptFile";
import { Queue } from "./fairQueue";
import { launchRunner, type RunnerArguments } from "./launchRunner";
import { type AttachedRun, observeRun } from "./observeRun";
import { killProcessGroup, signalGroup } from "./processGroup";

export interface ProcessTrainerOptions extends ProgramTrainerOptions, Pick<RunnerArguments, "cancelGrace"> {
  /** Maximum number of trainings that run at the same time. */
  maxJobs: number;
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
  private readonly attached = new Map<string, AttachedRun>();

  constructor(options: ProcessTrainerOptions) {
    super(options);
    this.queue = new Queue(options.maxJobs);
  }

  async start(run: StartedJob): Promise<void> {
    this.attach(run);
    this.queue.add(run);
  }

  async reattach(run: StartedJob): Promise<void> {
    const { folder } = this.attach(run);
    if (readAttempt(folder) === undefined) {
      this.queue.add(run);
    } else {
      this.queue.addRunning(run.id);
    }
  }

  async poll(run: StartedJob): Promise<Progress> {
    if (run.cancelRequestedAt === undefined && this.queue.isWaiting(run.id) && !this.queue.admit(run.id)) {
      // Hundreds of jobs may be queued: answer without reading the disk.
      return { state: "starting", step: 0, checkpoints: [], reason: this.queuedReason(run) };
    }
    const attached = this.attached.get(run.id) as AttachedRun;
    // Check liveness before reading progress: a dead process no longer writes.
    const observation = observeRun(attached, run);
    const programProgress = await attached.progress.read();
    const action = nextAction(observation, programProgress);
    const { attempt, exit } = observation;
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
    this.attached.delete(id);
    const folder = this.folderOf(id);
    const attempt = readAttempt(folder);
    if (attempt !== undefined && exitOfAttempt(folder, attempt) === undefined) {
      // The server has already failed the job, but its program may still be running.
      await killProcessGroup(attempt);
    }
    await removeWorkingFiles(folder);
  }

  private attach(run: StartedJob): AttachedRun {
    const folder = this.folderOf(run.id);
    const attached = { folder, progress: new ProgressFile(folder.progressFile), launches: 0, terminationSent: false };
    this.attached.set(run.id, attached);
    return attached;
  }

  private queuedReason(run: StartedJob): string {
    const position = this.queue.position(run.id);
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
      const runnerArguments = { dataDir, id: run.id, command, hangTimeout, cancelGrace, ...attempt };
      attached.runner = launchRunner(runnerArguments, secrets.read(run.id));
    });
  }
}
