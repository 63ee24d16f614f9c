import { join } from "node:path";

/** The paths in a job's folder, `DATA/runs/<job id>/`. docs/training-programs.md documents who writes each file. */
export class JobFolder {
  readonly path: string;

  /** @param id the ID of a job in the database. Never pass text from a request: it could contain `../` */
  constructor(
    dataDir: string,
    readonly id: string,
  ) {
    this.path = join(dataDir, "runs", id);
  }

  get jobFile(): string {
    return join(this.path, "job.json");
  }

  get planFile(): string {
    return join(this.path, "plan.json");
  }

  get dataFolder(): string {
    return join(this.path, "data");
  }

  get repositoriesFolder(): string {
    return join(this.path, "repositories");
  }

  get progressFile(): string {
    return join(this.path, "progress.jsonl");
  }

  get logFile(): string {
    return join(this.path, "log.txt");
  }

  get attemptFile(): string {
    return join(this.path, "attempt.json");
  }

  get exitFile(): string {
    return join(this.path, "exit.json");
  }

  get cancelFile(): string {
    return join(this.path, "cancel");
  }

  get lockFile(): string {
    return join(this.path, "lock");
  }

  get checkpointsFolder(): string {
    return join(this.path, "checkpoints");
  }

  get samplesFile(): string {
    return join(this.path, "evaluation", "samples.json");
  }

  get artifactFolder(): string {
    return join(this.path, "artifact");
  }
}
