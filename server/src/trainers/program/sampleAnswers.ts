import { existsSync, readdirSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { type SampleAnswer, samplesFile } from "../../domain/evaluation";
import type { Job } from "../../domain/job";
import { SIMULATED, type Trainer } from "../../domain/trainer";
import type { FileStore } from "../../store/files";
import type { JobStore } from "../../store/jobs";
import type { ModelStore } from "../../store/models";
import { JobFolder } from "./jobFolder";
import { exists, readJson } from "./jsonFile";

interface SampleAnswersOptions {
  dataDir: string;
  files: FileStore;
  jobs: JobStore;
  models: ModelStore;
  trainers: ReadonlyMap<string, Trainer>;
}

/**
 * The sample answers of jobs, a file in each job's folder. The answers contain validation data: they end with the model, or
 * with the first deleted validation file.
 */
export class SampleAnswers {
  constructor(private readonly options: SampleAnswersOptions) {}

  /** Whether the job has answers. Reads none: the file may be large or damaged. */
  has(job: Job): boolean {
    if ((job.spec.evaluation?.samples ?? 0) === 0 || !this.mayExist(job)) return false;
    if (job.trainer === SIMULATED) return this.options.trainers.has(SIMULATED);
    return existsSync(this.folder(job.id).samplesFile);
  }

  /** Returns undefined when the job has no answers, or no longer has them. */
  of(job: Job): SampleAnswer[] | undefined {
    const count = job.spec.evaluation?.samples ?? 0;
    if (count === 0 || !this.mayExist(job)) return undefined;
    if (job.trainer === SIMULATED) return this.options.trainers.get(SIMULATED)?.inventSamples?.(count);
    return readJson(this.folder(job.id).samplesFile, samplesFile)?.samples.slice(0, count);
  }

  /** Removes the answers of all jobs that have used a deleted file for validation. */
  async removeOf(fileId: string): Promise<void> {
    const using = this.options.jobs.usingFile(fileId).filter(({ spec }) => spec.validation_files.includes(fileId));
    for (const { id } of using) await this.remove(id);
  }

  /** Removes answers that a crash has left. */
  async sweep(): Promise<void> {
    const runs = join(this.options.dataDir, "runs");
    for (const id of exists(runs) ? readdirSync(runs) : []) {
      if (!exists(this.folder(id).samplesFile)) continue;
      const job = this.options.jobs.get(id);
      // A folder without a job in this database may belong to something else, so it is kept.
      const hasEnded = job?.status === "SUCCESS" || job?.status === "FAILED" || job?.status === "CANCELLED";
      if (job !== undefined && hasEnded && !this.mayExist(job)) await this.remove(id);
    }
  }

  private mayExist({ id, spec, workspace }: Job): boolean {
    const { models, files } = this.options;
    return (
      spec.validation_files.length > 0 &&
      models.jobHasModel(id) &&
      spec.validation_files.every((fileId) => files.find(fileId, workspace) !== undefined)
    );
  }

  private async remove(jobId: string): Promise<void> {
    await rm(this.folder(jobId).samplesFile, { force: true });
  }

  private folder(jobId: string): JobFolder {
    return new JobFolder(this.options.dataDir, jobId);
  }
}
