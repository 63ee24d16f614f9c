import { existsSync } from "node:fs";
import { redact } from "#common";
import type { TrainingRule } from "#common/trainingRule";
import type { StartedJob, TrainingRequest, Validation } from "../../domain/trainer";
import type { SecretStore } from "../../store/secrets";
import { estimateTraining } from "../recipe/estimateTraining";
import type { BaseModelEntry, ModelsFile } from "../recipe/modelsFile";
import { trainingRule, UNDECLARED_RULE } from "../recipe/trainingRule";
import { createJobFolder, folderErrorMessage } from "./createJobFolder";
import { describeFailure } from "./failureReason";
import { JobFolder } from "./jobFolder";

export interface ProgramTrainerOptions {
  dataDir: string;
  models: ModelsFile;
  secrets: SecretStore;
}

export interface Failure {
  state: "failed";
  reason: string;
}

/** The common part of the trainers that run a training program in a job folder, for base models of the models file. */
export abstract class ProgramTrainer<Options extends ProgramTrainerOptions = ProgramTrainerOptions> {
  constructor(protected readonly options: Options) {}

  get baseModels(): readonly string[] {
    return [...this.options.models.keys()];
  }

  async trainingRule(model: string): Promise<TrainingRule | undefined> {
    const base = this.options.models.get(model);
    return base && trainingRule(base, UNDECLARED_RULE);
  }

  validate(request: TrainingRequest, signal: AbortSignal): Promise<Validation> {
    return this.estimate(request, signal);
  }

  estimate(request: TrainingRequest, signal: AbortSignal): Promise<Validation> {
    return estimateTraining(request, this.options.models, signal);
  }

  protected folderOf(jobId: string): JobFolder {
    return new JobFolder(this.options.dataDir, jobId);
  }

  /**
   * Creates the job's folder unless it is complete.
   *
   * @param addFiles adds the trainer's own files
   * @returns undefined on success
   */
  protected async prepareFolder(
    run: StartedJob,
    folder: JobFolder,
    addFiles: () => Promise<void> | void,
  ): Promise<Failure | undefined> {
    const base = this.options.models.get(run.spec.model);
    if (base === undefined && !existsSync(folder.jobFile)) {
      const reason = `The server's models file no longer contains the model ${run.spec.model}. Add it and create the job again`;
      return { state: "failed", reason };
    }
    try {
      await createJobFolder(folder, run, base as BaseModelEntry);
      await addFiles();
      return undefined;
    } catch (error) {
      return { state: "failed", reason: folderErrorMessage(error as NodeJS.ErrnoException) };
    }
  }

  /** Returns the failure of a run, with its secrets redacted. @param includeLog whether to append the end of the log */
  protected async failure(
    run: StartedJob,
    folder: JobFolder,
    { reason, includeLog }: { reason: string; includeLog: boolean },
  ): Promise<Failure> {
    const secrets = Object.values(this.options.secrets.read(run.id));
    const text = includeLog ? await describeFailure(reason, folder.logFile) : reason;
    // The API accepts tokens of any length, so even one character is redacted.
    return { state: "failed", reason: redact(text, secrets, 1) };
  }
}
