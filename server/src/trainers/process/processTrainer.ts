import { writeFile } from "node:fs/promises";
import { z } from "zod";
import { plural } from "#common";
import { TemporaryError } from "../../domain/systemError";
import type {
  EvaluationRequest,
  EvaluationResult,
  Progress,
  StartedJob,
  Trainer,
  TrainingRequest,
  Validation,
} from "../../domain/trainer";
import { omitUndefined } from "../../omitUndefined";
import { artifactBytes } from "../program/artifact";
import { evaluateModel } from "../program/command/evaluateModel";
import { removeWorkingFiles } from "../program/createJobFolder";
import { exists, readJson } from "../program/jsonFile";
import { type Action, nextAction } from "../program/nextAction";
import { type Failure, ProgramTrainer, type ProgramTrainerOptions } from "../program/programTrainer";
import { toProgress } from "../program/progress/programProgress";
import type { BaseModelEntry } from "../recipe/modelsFile";
import { readAttempt, SYSTEM_ERROR } from "./attemptFile";
import { endProgram } from "./endProgram";
import { Queue } from "./fairQueue";
import { EarlierRunners } from "./findRunners";
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

interface Waiting {
  state: "starting";
  reason: string;
}

/** The part of `job.json` that decides about GPUs. */
const jobFileWithGpus = z.object({ base: z.looseObject({ gpus: z.int().min(1).optional() }) });

const jobFileWithBase = z.object({ base: z.looseObject({ path: z.string() }) });

/**
 * Maximum launches of a runner for one attempt. Prevents an endless loop when runners exit before the attempt begins, for
 * example because the disk is full.
 */
const MAX_LAUNCHES = 3;

/** Trains on this machine. Each run is a detached process group, which keeps running when the server exits. */
export class ProcessTrainer extends ProgramTrainer<ProcessTrainerOptions> implements Trainer {
  readonly name = "process";
  readonly queue: Queue;
  onChange?: (jobId: string) => void;
  private readonly gpus: GpuPool;
  private readonly earlierRunners = new EarlierRunners();
  /** Evaluations that wait for a GPU. They come before queued trainings, because they are short. */
  private readonly waitingForGpu = new Set<() => void>();
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
    const isRetry = this.attached.has(run.id);
    // Until attempt.json is read, the job counts as running, on all GPUs: no other job may start beside its program.
    this.queue.addRunning(run.id);
    this.gpus.record(run.id);
    const attached = this.attach(run);
    // Check liveness before reading: a runner that has ended no longer writes attempt.json.
    const isStarting = this.earlierRunners.isRunning(run.id);
    const attempt = readAttempt(attached.folder);
    attached.lastAttempt = attempt;
    if (attempt === undefined && isStarting) {
      throw new TemporaryError("The runner of a training has not recorded its attempt yet");
    }
    if (attempt === undefined) {
      this.queue.remove(run.id);
      this.gpus.release(run.id);
      this.queue.add(run);
    } else {
      this.gpus.record(run.id, attempt.gpus);
    }
    // Other jobs have waited since the earlier call failed.
    if (isRetry) this.wakeNext();
  }

  async poll(run: StartedJob): Promise<Progress> {
    if (run.cancelRequestedAt === undefined && this.queue.isWaiting(run.id) && !this.admit(run)) {
      // Hundreds of jobs may be queued: answer without reading the disk. Only the next job can start, and `release` wakes
      // the next one.
      const waits = this.queue.canAdmit(run.id) ? {} : { stateChangesAt: Infinity, progressChangesAt: Infinity };
      return {
        state: "starting",
        step: 0,
        checkpoints: [],
        ...waits,
        ...omitUndefined({ reason: this.waitingReason(run.id) }),
      };
    }
    const attached = this.attached.get(run.id) as AttachedRun;
    // Check liveness before reading progress: a dead process no longer writes.
    const observation = observeRun(attached, run);
    const programProgress = await attached.progress.read();
    const action = nextAction(observation, programProgress);
    const { attempt, exit } = observation;
    if (action.kind === "launch") checkRunner(attached);
    // A restarted server may find a runner that an earlier process had just launched.
    if (attempt !== undefined && attempt.attempt >= (attached.attempt ?? 0)) this.gpus.record(run.id, attempt.gpus);
    if (action.kind !== "wait" && attempt !== undefined && exit?.attempt !== attempt.attempt) {
      // The runner was killed before it wrote exit.json, so its program may still be running.
      await killProcessGroup(attempt);
    }
    const progress = { ...toProgress(programProgress), points: attached.progress.pointsAfter(run.storedPoint ?? 0) };
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
    if (exists(attached.folder.jobFile)) {
      await writeFile(attached.folder.cancelFile, "");
    }
    const attempt = readAttempt(attached.folder);
    if (attempt !== undefined && !attached.terminationSent) {
      attached.terminationSent = signalGroup(attempt, "SIGTERM");
    }
  }

  async release(id: string): Promise<void> {
    const folder = this.folderOf(id);
    // The server may have failed the job while its program was running. The next training must not run beside it.
    await endProgram(folder, this.attached.get(id));
    this.queue.remove(id);
    this.gpus.release(id);
    this.attached.delete(id);
    for (const tryAgain of this.waitingForGpu) tryAgain();
    this.wakeNext();
    await removeWorkingFiles(folder);
  }

  async canEvaluate(): Promise<boolean> {
    return (await this.program.capabilities()).evaluate;
  }

  /** Evaluates a model on one GPU, which no training uses meanwhile. On a machine without GPUs, trainings continue beside it. */
  async evaluate(request: EvaluationRequest, signal: AbortSignal): Promise<EvaluationResult> {
    const { root, modelJobId } = request;
    const folder = modelJobId === undefined ? undefined : this.folderOf(modelJobId);
    // An adapter fits the base model of its training, which the models file may have changed since.
    const base = (folder && readJson(folder.jobFile, jobFileWithBase)?.base) ?? this.options.models.get(root);
    if (base === undefined) return { failure: `The server's models file no longer contains the model ${root}` };
    if (folder !== undefined && !exists(folder.artifactFolder))
      return { failure: "The files of the model were deleted" };
    const gpus = await this.gpuFor(request.id, signal);
    try {
      return await evaluateModel(
        this.program,
        request,
        { base: base as BaseModelEntry, adapter: folder?.artifactFolder ?? null, gpus },
        signal,
      );
    } finally {
      this.gpus.release(request.id);
      this.wakeNext();
    }
  }

  /** @throws the reason of `signal` when it aborts before a GPU is free */
  private gpuFor(id: string, signal: AbortSignal): Promise<readonly string[]> {
    return new Promise((resolve, reject) => {
      const end = () => {
        this.waitingForGpu.delete(tryAgain);
        signal.removeEventListener("abort", abort);
      };
      const abort = () => {
        end();
        reject(signal.reason);
      };
      const tryAgain = () => {
        const gpus = this.gpus.assign(id, 1);
        if (gpus === undefined) return;
        end();
        resolve(gpus);
      };
      signal.addEventListener("abort", abort, { once: true });
      this.waitingForGpu.add(tryAgain);
      tryAgain();
    });
  }

  /** Returns why a queued job waits. Computed for each reply: a training that ends moves up every job behind it. */
  waitingReason(id: string): string | undefined {
    if (!this.queue.isWaiting(id)) return undefined;
    const position = this.queue.position(id);
    if (position === 1 && this.queue.hasCapacity) {
      return `Queued: number 1 in the queue; ${this.gpuReason(id)}`;
    }
    return `Queued: number ${position} in the queue; at most ${this.options.maxJobs} trainings run at the same time`;
  }

  /** A job that needs more GPUs than the machine has would wait forever. */
  private checkGpus({ spec }: TrainingRequest): Validation | undefined {
    const count = this.options.models.get(spec.model)?.gpus ?? 1;
    if (this.gpus.size === 0 || count <= this.gpus.size) return undefined;
    const reason =
      `The models file gives the model ${spec.model} ${count} GPUs, but this server has ${this.gpus.size}. ` +
      "Lower gpus in the models file";
    return { ok: false, reason, findings: [] };
  }

  private attach(run: StartedJob): AttachedRun {
    const folder = this.folderOf(run.id);
    const progress = this.progressOf(folder, run);
    const attached = { folder, progress, model: run.spec.model, launches: 0, terminationSent: false };
    this.attached.set(run.id, attached);
    return attached;
  }

  /** Admits a queued job when the limit allows it and its GPUs are free, which are then assigned to the job. */
  private admit(run: StartedJob): boolean {
    const admitted = this.queue.admit(run.id, () => this.gpus.has(this.gpusOf(run.id)));
    if (admitted) {
      this.gpus.assign(run.id, this.gpusOf(run.id));
      this.wakeNext();
    }
    return admitted;
  }

  /** Asks the supervisor to poll the next queued job if it may start now. */
  private wakeNext(): void {
    const next = this.queue.next();
    if (next !== undefined && this.queue.hasCapacity) this.onChange?.(next);
  }

  /** Returns the number of GPUs of a training. The program reads it in `job.json`, which can be older than the models file. */
  private gpusOf(id: string): number {
    const attached = this.attached.get(id) as AttachedRun;
    if (attached.gpuCount === undefined) {
      const job = readJson(attached.folder.jobFile, jobFileWithGpus);
      attached.gpuCount = (job === undefined ? this.options.models.get(attached.model)?.gpus : job.base.gpus) ?? 1;
    }
    return attached.gpuCount;
  }

  private gpuReason(id: string): string {
    return `waits for ${plural(this.gpusOf(id), "free GPU")} of ${this.gpus.size}`;
  }

  /** @returns undefined when a runner was launched */
  private async launch(
    run: StartedJob,
    attached: AttachedRun,
    { kind: _, ...attempt }: Launch,
  ): Promise<Failure | Waiting | undefined> {
    const gpus = this.gpus.assign(run.id, this.gpusOf(run.id));
    if (gpus === undefined) {
      // Another training uses the GPUs of the earlier attempt. Without an assignment, the program would use all GPUs.
      return { state: "starting", reason: `Attempt ${attempt.attempt} ${this.gpuReason(run.id)}` };
    }
    const { dataDir, secrets, command, environment, hangTimeout, cancelGrace } = this.options;
    const { folder } = attached;
    const launches = attached.attempt === attempt.attempt ? attached.launches : 0;
    if (launches >= MAX_LAUNCHES) {
      return this.failure(run, folder, { reason: "The training program could not be launched", includeLog: true });
    }
    return this.prepareFolder(run, folder, async () => {
      const runnerArguments = { dataDir, id: run.id, command, hangTimeout, cancelGrace, gpus, ...attempt };
      attached.runner = await launchRunner(runnerArguments, environment(secrets.read(run.id)));
      // Counts only launched runners: a process that the system cannot create now is not a failure of the job.
      attached.launches = launches + 1;
      attached.attempt = attempt.attempt;
    });
  }
}

/**
 * Retries later when the last runner could not start because of a system error, such as a full disk.
 *
 * @throws {TemporaryError}
 */
function checkRunner(attached: AttachedRun): void {
  if (attached.runner?.exitCode !== SYSTEM_ERROR) return;
  delete attached.runner;
  attached.launches = 0;
  throw new TemporaryError("The runner of a training cannot start because of a system error; see the log of the job");
}
