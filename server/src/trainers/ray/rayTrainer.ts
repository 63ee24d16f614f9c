import { copyFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { isSystemError } from "../../domain/systemError";
import type { Progress, StartedJob, Trainer } from "../../domain/trainer";
import { omitUndefined } from "../../omitUndefined";
import { artifactBytes } from "../program/artifact";
import { type AttemptFields, FIRST_ATTEMPT } from "../program/attempt";
import { removeWorkingFiles } from "../program/createJobFolder";
import { exitOfAttempt } from "../program/exitFile";
import type { JobFolder } from "../program/jobFolder";
import { exists } from "../program/jsonFile";
import { ProgramTrainer, type ProgramTrainerOptions } from "../program/programTrainer";
import { toProgress } from "../program/progress/programProgress";
import type { ProgressFile } from "../program/progress/progressFile";
import { type RayAttempt, readAttempt, submissionId, writeAttempt } from "./attemptFile";
import { nextRayAction } from "./nextRayAction";
import { observeAttempt } from "./observeAttempt";
import { type RayClient, RayRefusalError, RayUnavailableError } from "./rayClient";
import { RayClientWithBackoff } from "./rayClientWithBackoff";
import type { ResourcesOf } from "./rayConfig";
import { type LauncherOptions, submission } from "./submission";

export interface RayTrainerOptions extends ProgramTrainerOptions, Omit<LauncherOptions, "secretsFile"> {
  /** The server and every node of the cluster mount this folder at the same path. */
  dataDir: string;
  client: RayClient;
  resources: ResourcesOf;
}

/**
 * The state of a run in the memory of this server process. A restarted server restores the run from its folder and Ray.
 */
interface AttachedRun {
  folder: JobFolder;
  progress: ProgressFile;
  /** The last attempt that was read from `attempt.json`. */
  lastAttempt?: RayAttempt | undefined;
  /** A time of `performance.now()`, in milliseconds. */
  nextPollAt: number;
  /** Why the run is not training, according to the last poll. */
  waitingFor?: string | undefined;
  /** The cluster has accepted the request to stop the attempt. */
  stopped: boolean;
}

/** How the run has ended; undefined while it has not. */
type Outcome = Pick<Progress, "state" | "reason" | "stopReason" | "artifactBytes"> | undefined;

const LAUNCHER = join(__dirname, "../../../recipes/ray/launch.py");

/**
 * Trains on a Ray cluster. Each attempt is one Ray job. `attempt.json` is written before the attempt is submitted, and
 * Ray refuses an ID that it already has. So a server that was killed at any time finds the attempt or submits it again.
 */
export class RayTrainer extends ProgramTrainer<RayTrainerOptions> implements Trainer {
  readonly name = "ray";
  private readonly cluster: RayClientWithBackoff;
  private readonly attached = new Map<string, AttachedRun>();

  constructor(options: RayTrainerOptions) {
    super(options);
    this.cluster = new RayClientWithBackoff(options.client);
  }

  async start(run: StartedJob): Promise<void> {
    const folder = this.folderOf(run.id);
    this.attached.set(run.id, {
      folder,
      progress: this.progressOf(folder, run),
      nextPollAt: 0,
      stopped: false,
    });
  }

  reattach(run: StartedJob): Promise<void> {
    return this.start(run);
  }

  async poll(run: StartedJob): Promise<Progress> {
    const attached = this.attached.get(run.id) as AttachedRun;
    const outcome = await this.advance(run, attached);
    const programProgress = await attached.progress.read();
    const progress = { ...toProgress(programProgress), points: attached.progress.pointsAfter(run.storedPoint ?? 0) };
    if (outcome !== undefined) {
      return { ...progress, ...outcome };
    }
    const { waitingFor } = attached;
    return waitingFor === undefined ? progress : { ...progress, state: "starting", reason: waitingFor };
  }

  async cancel(run: StartedJob): Promise<void> {
    const attached = this.attached.get(run.id) as AttachedRun;
    const attempt = readAttempt(attached.folder);
    if (attempt !== undefined && !attached.stopped) {
      attached.stopped = await this.stop(attached.folder, attempt);
    }
  }

  async release(id: string): Promise<void> {
    const folder = this.folderOf(id);
    const attempt = runningAttempt(folder, this.attached.get(id));
    if (attempt !== undefined && !(await this.stop(folder, attempt))) {
      // The server may have failed the job while its program was running.
      throw new RayUnavailableError("Ray cannot be reached to stop a job that has ended");
    }
    this.attached.delete(id);
    await removeWorkingFiles(folder);
  }

  /** Observes the run if a poll is due, and performs the next action. */
  private async advance(run: StartedJob, attached: AttachedRun): Promise<Outcome> {
    const { folder } = attached;
    const attempt = readAttempt(folder);
    attached.lastAttempt = attempt;
    const cancelled = run.cancelRequestedAt !== undefined;
    if (attempt === undefined) {
      return cancelled ? { state: "cancelled" } : this.launch(run, attached, FIRST_ATTEMPT);
    }
    // Poll immediately when exit.json exists.
    if (performance.now() < attached.nextPollAt && exitOfAttempt(folder, attempt) === undefined) return undefined;
    attached.nextPollAt = performance.now() + this.cluster.pollInterval(this.attached.size);
    const observed = await observeAttempt(this.cluster, folder, attempt);
    // Read progress after the observation: an attempt that has ended no longer writes.
    const programProgress = await attached.progress.read();
    const hasArtifact = exists(folder.artifactFolder);
    const serverState = { attempt, hasArtifact, cancelled, stopped: attached.stopped };
    const action = nextRayAction(observed, serverState, programProgress);
    switch (action.kind) {
      case "wait":
        attached.waitingFor = action.reason;
        return undefined;
      case "submit":
        return this.submit(run, attached, attempt);
      case "launch":
        return this.launch(run, attached, action);
      case "succeeded":
        return { state: "succeeded", stopReason: action.stopReason, artifactBytes: artifactBytes(folder) };
      case "cancelled":
        return { state: "cancelled" };
      case "failed":
        return this.failure(run, folder, action);
    }
  }

  protected override workersOf(model: string): number {
    const workers = this.rayWorkersOf(model);
    return workers > 1 ? workers : super.workersOf(model);
  }

  protected override rayWorkersOf(model: string): number {
    return this.options.resources(model).workers;
  }

  private async launch(
    run: StartedJob,
    attached: AttachedRun,
    { attempt, furthestStep, idle }: AttemptFields,
  ): Promise<Outcome> {
    const { folder } = attached;
    const next = { attempt, furthestStep, idle, submitted: false };
    const failure = await this.prepareFolder(run, folder, async () => {
      await copyFile(LAUNCHER, join(folder.path, "launch.py"));
      await writeAttempt(folder, next);
    });
    return failure ?? this.submit(run, attached, next);
  }

  /** Submits the attempt of `attempt.json`. Ray may already have this attempt. */
  private async submit(run: StartedJob, attached: AttachedRun, attempt: RayAttempt): Promise<Outcome> {
    const { secrets, resources, command, hangTimeout, cancelGrace } = this.options;
    const { folder } = attached;
    const secretsFile = secrets.fileOf(run.id);
    const launcher = { command, hangTimeout, cancelGrace, ...omitUndefined({ secretsFile }) };
    const body = submission(run, folder, attempt, launcher, resources(run.spec.model));
    try {
      await this.cluster.send((client) => client.submit(body));
    } catch (error) {
      if (error instanceof RayRefusalError) {
        return { state: "failed", reason: `Ray rejected the job: ${error.message}` };
      }
      if (error instanceof RayUnavailableError) {
        attached.waitingFor = error.message;
        return undefined;
      }
      throw error;
    }
    await writeAttempt(folder, { ...attempt, submitted: true });
    attached.waitingFor = undefined;
    return undefined;
  }

  /** Asks the attempt to stop. @returns whether the cluster accepted the request */
  private async stop(folder: JobFolder, attempt: RayAttempt): Promise<boolean> {
    // The launcher polls for this file, so the attempt stops even when the cluster is unreachable.
    await writeFile(folder.cancelFile, "");
    try {
      await this.cluster.send((client) => client.stop(submissionId(folder.id, attempt)));
      return true;
    } catch (error) {
      if (error instanceof RayUnavailableError) return false;
      throw error;
    }
  }
}

/** Returns the attempt whose program may still be running. */
function runningAttempt(folder: JobFolder, attached: AttachedRun | undefined): RayAttempt | undefined {
  try {
    const attempt = readAttempt(folder);
    return attempt === undefined || exitOfAttempt(folder, attempt) !== undefined ? undefined : attempt;
  } catch (error) {
    if (isSystemError(error)) throw error;
    // The file is damaged, which may be why the job has failed. The file `cancel` stops every attempt.
    return attached?.lastAttempt ?? { ...FIRST_ATTEMPT, submitted: true };
  }
}
