import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import type { TrainingRule } from "#common/trainingRule";
import type { Keep } from "../../domain/evaluation";
import { isSystemError } from "../../domain/systemError";
import type { EvaluationRows, ShownRows, StartedJob, TrainingRequest, Validation } from "../../domain/trainer";
import type { SecretStore } from "../../store/secrets";
import type { BaseModelEntry, ModelsFile } from "../recipe/modelsFile";
import { UNDECLARED } from "./command/capabilities";
import type { ProgramEnvironment } from "./command/environment";
import { Program } from "./command/program";
import { RowViewer } from "./command/rowViewer";
import { createJobFolder, folderErrorMessage } from "./createJobFolder";
import { describeFailure } from "./failureReason";
import { DEFAULT_SEED } from "./jobFile";
import { JobFolder } from "./jobFolder";
import { exists, readJson } from "./jsonFile";
import { Planner } from "./plan/planner";
import { ProgressFile } from "./progress/progressFile";
import { redactOutput } from "./redactOutput";

export interface ProgramTrainerOptions {
  dataDir: string;
  models: ModelsFile;
  secrets: SecretStore;
  /** The program and its first arguments. */
  command: readonly string[];
  environment: ProgramEnvironment;
  /** Seconds without progress after which a program is killed. */
  hangTimeout: number;
}

/** The longest wait for the program's capabilities when models are listed. */
const RULE_TIMEOUT_MS = 5000;

/** The parts of a model's entry and of `job.json` that decide about the rows of a job. */
const integer = z.int().optional().catch(undefined);
const baseWithRows = z.looseObject({ seq_len: integer, seed: integer });
const jobFileWithRows = z.object({ base: baseWithRows, seed: integer });

export interface Failure {
  state: "failed";
  reason: string;
}

/** The common part of the trainers that run a training program in a job folder, for base models of the models file. */
export abstract class ProgramTrainer<Options extends ProgramTrainerOptions = ProgramTrainerOptions> {
  protected readonly program: Program;
  private readonly planner: Planner;
  private readonly rowViewer: RowViewer;

  constructor(protected readonly options: Options) {
    this.program = new Program(options.command, options.environment);
    this.rowViewer = new RowViewer(this.program);
    this.planner = new Planner({
      ...options,
      program: this.program,
      workersOf: (model) => this.workersOf(model),
      rayWorkersOf: (model) => this.rayWorkersOf(model),
    });
  }

  get baseModels(): readonly string[] {
    return [...this.options.models.keys()];
  }

  get hasPrice(): boolean {
    return [...this.options.models.values()].some(({ price }) => price !== undefined);
  }

  /** Asks the program for its capabilities before the first job needs them. */
  open(): void {
    void this.program.capabilities();
  }

  close(): Promise<void> {
    return this.program.close();
  }

  /** Returns undefined also when the program does not report its capabilities in time, because listing models must be fast. */
  async trainingRule(model: string, workspace: string): Promise<TrainingRule | undefined> {
    const timeout = sleep(RULE_TIMEOUT_MS, undefined, { ref: false });
    return Promise.race([this.planner.rule(model, workspace).catch(() => undefined), timeout]);
  }

  defaultKeep(model: string): Keep | undefined {
    return this.options.models.get(model)?.keep;
  }

  /** Reads `job.json`: the models file may have changed since the job was created. */
  rowsOf({ id, spec }: Pick<TrainingRequest, "id" | "spec">): Pick<EvaluationRows, "seqLen" | "seed"> {
    const job = readJson(this.folderOf(id).jobFile, jobFileWithRows);
    const base = job?.base ?? baseWithRows.safeParse(this.options.models.get(spec.model)).data;
    return { seqLen: spec.hyperparameters.seq_len ?? base?.seq_len, seed: job?.seed ?? base?.seed ?? DEFAULT_SEED };
  }

  validate(request: TrainingRequest, signal: AbortSignal): Promise<Validation> {
    return this.planner.validate(request, signal);
  }

  estimate(request: TrainingRequest, signal: AbortSignal): Promise<Validation> {
    return this.planner.estimate(request, signal);
  }

  async showRows(
    model: string,
    content: Buffer,
    rows: number,
    workspace: string,
    signal: AbortSignal,
  ): Promise<ShownRows> {
    const base = this.options.models.get(model) as BaseModelEntry;
    return this.rowViewer.show(base, content, rows, workspace, signal);
  }

  /** Returns the number of data-parallel workers of a base model's trainings. */
  protected workersOf(model: string): number {
    return this.options.models.get(model)?.gpus ?? 1;
  }

  /** Returns the number of Ray workers that the program receives in `--ray-workers`. */
  protected rayWorkersOf(_model: string): number {
    return 1;
  }

  protected folderOf(jobId: string): JobFolder {
    return new JobFolder(this.options.dataDir, jobId);
  }

  /**
   * Creates the job's folder unless it is complete.
   *
   * @param addFiles adds the trainer's own files
   * @returns undefined on success
   * @throws {Error} a system error that may pass, and any error of `addFiles`
   */
  protected async prepareFolder(
    run: StartedJob,
    folder: JobFolder,
    addFiles: () => Promise<void> | void,
  ): Promise<Failure | undefined> {
    const base = this.options.models.get(run.spec.model);
    if (base === undefined && !exists(folder.jobFile)) {
      const reason = `The server's models file no longer contains the model ${run.spec.model}. Add it and create the job again`;
      return { state: "failed", reason };
    }
    try {
      // Nothing may depend on the command capabilities when a training resumes.
      const { cleaned_data: cleaned } = exists(folder.jobFile)
        ? UNDECLARED
        : await this.program.capabilities().catch((error) => {
            if (isSystemError(error)) throw error;
            return UNDECLARED;
          });
      // Validation created the folder of a planned job. It is missing only after a restore from a backup without `runs/`.
      const planned = run.plan.source === "program" ? ({ generation_rules: "warn" } as const) : undefined;
      await createJobFolder(folder, run, base as BaseModelEntry, { planned, cleaned });
    } catch (error) {
      return { state: "failed", reason: folderErrorMessage(error as NodeJS.ErrnoException) };
    }
    await addFiles();
    return undefined;
  }

  protected progressOf(folder: JobFolder, { storedPoint = 0 }: StartedJob): ProgressFile {
    return new ProgressFile(folder.progressFile, Object.values(this.options.secrets.read(folder.id)), storedPoint);
  }

  /** Returns the failure of a run, with its secrets redacted. @param includeLog whether to append the end of the log */
  protected async failure(
    run: StartedJob,
    folder: JobFolder,
    { reason, includeLog }: { reason: string; includeLog: boolean },
  ): Promise<Failure> {
    const secrets = Object.values(this.options.secrets.read(run.id));
    const text = includeLog ? await describeFailure(reason, folder.logFile) : reason;
    return { state: "failed", reason: redactOutput(text, secrets) };
  }
}
