import { existsSync } from "node:fs";
import { copyFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { redact } from "#common";
import type { Progress, Run, Trainer, TrainingRequest, Validation } from "../../domain/trainer";
import { omitUndefined } from "../../omitUndefined";
import type { SecretStore } from "../../store/secrets";
import { artifactBytes } from "../program/artifact";
import { type AttemptFields, FIRST_ATTEMPT } from "../program/attempt";
import { createJobFolder, folderErrorMessage, removeWorkingFiles } from "../program/createJobFolder";
import { exitOfAttempt } from "../program/exitFile";
import { describeFailure } from "../program/failureReason";
import { JobFolder } from "../program/jobFolder";
import { toProgress } from "../program/programProgress";
import { ProgressFile } from "../program/progressFile";
import { estimateTraining } from "../recipe/estimateTraining";
import type { BaseModelEntry, ModelsFile } from "../recipe/modelsFile";
import { type RayAttempt, readAttempt, submissionId, writeAttempt } from "./attemptFile";
import { Cluster } from "./cluster";
import { type Failed, nextRayAction } from "./nextRayAction";
import { observeAttempt } from "./observeAttempt";
import { type RayClient, RayRefusalError, RayUnavailableError } from "./rayClient";
import type { ResourcesOf } from "./rayConfig";
import { type Launcher, submission } from "./submission";

export interface RayTrainerOptions extends Omit<Launcher, "secrets"> {
  /** Seen under the same path by the server and by every node of the cluster. */
  dataDir: string;
  models: ModelsFile;
  secrets: SecretStore;
  client: RayClient;
  resources: ResourcesOf;
}

/** What this process remembers of a run; all that matters is in the folder and at the cluster. */
interface Attached {
  folder: JobFolder;
  progress: ProgressFile;
  nextPollAt: number;
  /** What it waits for, by the last look. */
  waitingFor?: string | undefined;
  /** The cluster was asked to stop it. */
  stopped: boolean;
}

/** What a run does that has not ended, or how it has. */
type Outcome = Pick<Progress, "state" | "reason" | "stopReason" | "artifactBytes"> | undefined;

const LAUNCHER = join(__dirname, "../../../recipes/ray/launch.py");

/**
 * Trains on a Ray cluster: each attempt is one of its jobs. Before the cluster hears of an attempt, the folder has it; and
 * the cluster takes no id twice. So a server that was killed at any time finds the attempt again, or submits it.
 */
export class RayTrainer implements Trainer {
  readonly name = "ray";
  private readonly options: RayTrainerOptions;
  private readonly cluster: Cluster;
  private readonly attached = new Map<string, Attached>();

  constructor(options: RayTrainerOptions) {
    this.options = options;
    this.cluster = new Cluster(options.client);
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
    const folder = new JobFolder(this.options.dataDir, run.id);
    this.attached.set(run.id, { folder, progress: new ProgressFile(folder.progress), nextPollAt: 0, stopped: false });
  }

  reattach(run: Run): Promise<void> {
    return this.start(run);
  }

  async poll(run: Run): Promise<Progress> {
    const attached = this.attached.get(run.id) as Attached;
    const outcome = await this.advance(run, attached);
    const progress = toProgress(await attached.progress.read());
    if (outcome !== undefined) {
      return { ...progress, ...outcome };
    }
    const { waitingFor } = attached;
    return waitingFor === undefined ? progress : { ...progress, state: "starting", reason: waitingFor };
  }

  async cancel(run: Run): Promise<void> {
    const attached = this.attached.get(run.id) as Attached;
    const attempt = readAttempt(attached.folder);
    if (attempt !== undefined && !attached.stopped) {
      attached.stopped = await this.stop(attached.folder, attempt);
    }
  }

  async release(id: string): Promise<void> {
    this.attached.delete(id);
    const folder = new JobFolder(this.options.dataDir, id);
    const attempt = readAttempt(folder);
    if (attempt !== undefined && exitOfAttempt(folder, attempt) === undefined) {
      // The job has ended without its program: the server had to give it up.
      await this.stop(folder, attempt);
    }
    await removeWorkingFiles(folder);
  }

  /** Looks at the run when it is time, and does what follows. */
  private async advance(run: Run, attached: Attached): Promise<Outcome> {
    const { folder } = attached;
    const attempt = readAttempt(folder);
    const cancelled = run.cancelRequestedAt !== undefined;
    if (attempt === undefined) {
      return cancelled ? { state: "cancelled" } : this.launch(run, attached, FIRST_ATTEMPT);
    }
    // A program that has left word makes the look urgent.
    if (Date.now() < attached.nextPollAt && exitOfAttempt(folder, attempt) === undefined) {
      return undefined;
    }
    attached.nextPollAt = Date.now() + this.cluster.pollInterval(this.attached.size);
    const seen = await observeAttempt(this.cluster, folder, attempt);
    // In this order: what has ended by now has told all that it will.
    const programProgress = await attached.progress.read();
    const artifact = existsSync(folder.artifact);
    const action = nextRayAction(seen, { attempt, artifact, cancelled, stopped: attached.stopped }, programProgress);
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
        return this.fail(run, folder, action);
    }
  }

  private async fail(run: Run, folder: JobFolder, { reason, includeLog: wanted }: Failed): Promise<Outcome> {
    const secrets = Object.values(this.options.secrets.read(run.id));
    return {
      state: "failed",
      reason: redact(wanted ? await describeFailure(reason, folder.log) : reason, secrets),
    };
  }

  private async launch(run: Run, attached: Attached, { attempt, furthestStep, idle }: AttemptFields): Promise<Outcome> {
    const { folder } = attached;
    const base = this.options.models.get(run.spec.model);
    if (base === undefined && !existsSync(folder.job)) {
      return { state: "failed", reason: `The server's models file has no model ${run.spec.model} any more` };
    }
    const next = { attempt, furthestStep, idle, submitted: false };
    try {
      await createJobFolder(folder, run, base as BaseModelEntry);
      await copyFile(LAUNCHER, join(folder.path, "launch.py"));
      await writeAttempt(folder, next);
    } catch (error) {
      return { state: "failed", reason: folderErrorMessage(error as NodeJS.ErrnoException) };
    }
    return this.submit(run, attached, next);
  }

  /** Submits an attempt that stands in the folder. The cluster may have it already. */
  private async submit(run: Run, attached: Attached, attempt: RayAttempt): Promise<Outcome> {
    const { secrets, resources, command, hangTimeout, cancelGrace } = this.options;
    const { folder } = attached;
    const launcher = { command, hangTimeout, cancelGrace, ...omitUndefined({ secrets: secrets.fileOf(run.id) }) };
    const body = submission(run, folder, attempt, launcher, resources(run.spec.model));
    try {
      await this.cluster.ask((client) => client.submit(body));
    } catch (error) {
      if (error instanceof RayRefusalError) {
        return { state: "failed", reason: `Ray refused the job: ${error.message}` };
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

  /** @returns whether the cluster has heard of it */
  private async stop(folder: JobFolder, attempt: RayAttempt): Promise<boolean> {
    // The launcher looks for this, whatever the cluster does.
    await writeFile(folder.cancel, "");
    try {
      await this.cluster.ask((client) => client.stop(submissionId(folder.id, attempt)));
      return true;
    } catch (error) {
      if (error instanceof RayUnavailableError) {
        return false;
      }
      throw error;
    }
  }
}
