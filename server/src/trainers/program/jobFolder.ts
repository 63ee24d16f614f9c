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

  get job(): string {
    return join(this.path, "job.json");
  }

  get data(): string {
    return join(this.path, "data");
  }

  get repositories(): string {
    return join(this.path, "repositories");
  }

  get progress(): string {
    return join(this.path, "progress.jsonl");
  }

  get log(): string {
    return join(this.path, "log.txt");
  }

  get attempt(): string {
    return join(this.path, "attempt.json");
  }

  get exit(): string {
    return join(this.path, "exit.json");
  }

  get cancel(): string {
    return join(this.path, "cancel");
  }

  get lock(): string {
    return join(this.path, "lock");
  }

  get checkpoints(): string {
    return join(this.path, "checkpoints");
  }

  get artifact(): string {
    return join(this.path, "artifact");
  }
}
