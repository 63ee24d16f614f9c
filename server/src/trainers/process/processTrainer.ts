import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import type { Candidate, Progress, Run, Trainer, Validation } from "../../domain/trainer";
import type { SecretStore } from "../../store/secrets";
import {
  artifactBytes,
  createFolder,
  explainFolder,
  JobFolder,
  ProgressFile,
  tidyFolder,
  toProgress,
} from "../program";
import { explain, hide } from "../program/failureReason";
import { type Decision, decide } from "../program/nextAction";
import { estimateTraining } from "../recipe/estimateTraining";
import type { BaseModelEntry, ModelsFile } from "../recipe/modelsFile";
import { readAttempt, readExit } from "./attemptFile";
import { Queue } from "./fairQueue";
import { launch, type Order } from "./launchRunner";
import { type Attached, observe } from "./observeRun";
import { endGroup, signalGroup } from "./processGroup";

export interface ProcessTrainerOptions extends Pick<Order, "dataDir" | "command" | "hangTimeout" | "cancelGrace"> {
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
  readonly #options: ProcessTrainerOptions;
  readonly #attached = new Map<string, Attached>();

  constructor(options: ProcessTrainerOptions) {
    this.#options = options;
    this.queue = new Queue(options.maxJobs);
  }

  get baseModels(): readonly string[] {
    return [...this.#options.models.keys()];
  }

  validate(candidate: Candidate, signal: AbortSignal): Promise<Validation> {
    return this.estimate(candidate, signal);
  }

  estimate(candidate: Candidate, signal: AbortSignal): Promise<Validation> {
    return estimateTraining(candidate, this.#options.models, signal);
  }

  async start(run: Run): Promise<void> {
    this.#attach(run);
    this.queue.wait(run);
  }

  async reattach(run: Run): Promise<void> {
    const { folder } = this.#attach(run);
    if (readAttempt(folder) === undefined) {
      this.queue.wait(run);
    } else {
      this.queue.admitRunning(run.id);
    }
  }

  async poll(run: Run): Promise<Progress> {
    if (run.cancelRequestedAt === undefined && this.queue.isWaiting(run.id) && !this.queue.admit(run.id)) {
      // Before any look at the disk: hundreds may wait.
      return { state: "starting", step: 0, checkpoints: [], reason: this.#waitingFor(run) };
    }
    const attached = this.#attached.get(run.id) as Attached;
    // In this order: what has ended by now has told all that it will.
    const seen = observe(attached, run);
    const story = await attached.progress.read();
    const decision = decide(seen, story);
    if (decision.kind !== "wait" && seen.attempt !== undefined && seen.exit?.attempt !== seen.attempt.attempt) {
      await endGroup(seen.attempt);
    }
    const progress = toProgress(story);
    switch (decision.kind) {
      case "wait":
        return progress;
      case "launch":
        return { ...progress, ...(await this.#launch(run, attached, decision)) };
      case "failed":
        return { ...progress, ...(await this.#fail(run, attached, decision)) };
      case "succeeded":
        return {
          ...progress,
          state: "succeeded",
          stopReason: decision.stopReason,
          artifactBytes: artifactBytes(attached.folder),
        };
      case "cancelled":
        return { ...progress, state: "cancelled" };
    }
  }

  async cancel(run: Run): Promise<void> {
    const attached = this.#attached.get(run.id) as Attached;
    if (existsSync(attached.folder.job)) {
      await writeFile(attached.folder.cancel, "");
    }
    const attempt = readAttempt(attached.folder);
    if (attempt !== undefined && !attached.signalled) {
      attached.signalled = signalGroup(attempt, "SIGTERM");
    }
  }

  async release(id: string): Promise<void> {
    this.queue.leave(id);
    this.#attached.delete(id);
    const folder = new JobFolder(this.#options.dataDir, id);
    const attempt = readAttempt(folder);
    if (attempt !== undefined && readExit(folder)?.attempt !== attempt.attempt) {
      // The job has ended without its program: the server had to give it up.
      await endGroup(attempt);
    }
    await tidyFolder(folder);
  }

  #attach(run: Run): Attached {
    const folder = new JobFolder(this.#options.dataDir, run.id);
    const attached = { folder, progress: new ProgressFile(folder.progress), launches: 0, signalled: false };
    this.#attached.set(run.id, attached);
    return attached;
  }

  #waitingFor(run: Run): string {
    const place = this.queue.place(run.id);
    return `Waits for its turn: number ${place} in the queue; at most ${this.#options.maxJobs} at a time train on this machine`;
  }

  /** @returns how the run has failed, if it has */
  async #launch(run: Run, attached: Attached, { kind: _, ...attempt }: Launch): Promise<Failure | undefined> {
    const { dataDir, models, secrets, command, hangTimeout, cancelGrace } = this.#options;
    const { folder } = attached;
    attached.launches = attached.attempt === attempt.attempt ? attached.launches + 1 : 1;
    attached.attempt = attempt.attempt;
    if (attached.launches > MAX_LAUNCHES) {
      const reason = "The training program could not be launched";
      return this.#fail(run, attached, { kind: "failed", reason, explain: true });
    }
    const base = models.get(run.spec.model);
    if (base === undefined && !existsSync(folder.job)) {
      return { state: "failed", reason: `The server's models file has no model ${run.spec.model} any more` };
    }
    try {
      await createFolder(folder, run, base as BaseModelEntry);
      const order = { dataDir, id: run.id, command, hangTimeout, cancelGrace, ...attempt };
      attached.runner = launch(order, secrets.read(run.id));
    } catch (error) {
      return { state: "failed", reason: explainFolder(error as NodeJS.ErrnoException) };
    }
  }

  async #fail(run: Run, { folder }: Attached, decision: Decision & { kind: "failed" }): Promise<Failure> {
    const secrets = Object.values(this.#options.secrets.read(run.id));
    const reason = decision.explain ? await explain(decision.reason, folder.log) : decision.reason;
    return { state: "failed", reason: hide(reason, secrets) };
  }
}

type Launch = Decision & { kind: "launch" };
type Failure = { state: "failed"; reason: string };
