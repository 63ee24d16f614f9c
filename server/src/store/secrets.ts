import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** The environment variables of one job that hold secrets. */
export type Secrets = Record<string, string>;

/**
 * The secrets of jobs that have not ended, `secrets/<job id>.json`, readable by the server's user alone. They stand
 * nowhere else: not in the database, not in the job's folder.
 */
export class SecretStore {
  private readonly path: string;

  constructor(dataDir: string) {
    this.path = join(dataDir, "secrets");
    mkdirSync(this.path, { recursive: true, mode: 0o700 });
  }

  save(jobId: string, secrets: Secrets): void {
    if (Object.keys(secrets).length > 0) {
      writeFileSync(this.file(jobId), JSON.stringify(secrets), { mode: 0o600, flush: true });
    }
  }

  read(jobId: string): Secrets {
    try {
      return JSON.parse(readFileSync(this.file(jobId), "utf8"));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") {
        return {};
      }
      throw error;
    }
  }

  /** SqlConditions they stand; undefined when the job has none. */
  fileOf(jobId: string): string | undefined {
    const path = this.file(jobId);
    return existsSync(path) ? path : undefined;
  }

  remove(jobId: string): void {
    rmSync(this.file(jobId), { force: true });
  }

  /** Removes those that a crash left behind. */
  sweep(hasEnded: (jobId: string) => boolean): void {
    for (const name of readdirSync(this.path)) {
      const id = name.slice(0, -".json".length);
      if (hasEnded(id)) {
        this.remove(id);
      }
    }
  }

  private file(jobId: string): string {
    return join(this.path, `${jobId}.json`);
  }
}
