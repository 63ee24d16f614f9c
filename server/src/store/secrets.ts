import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** The secrets of one job as environment variables. */
export type Secrets = Record<string, string>;

/**
 * Stores the secrets of unfinished jobs in `secrets/<job id>.json`, readable only by the server's user. The database
 * and the job folder contain no secrets.
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

  /** Returns the path of the secrets file, or undefined when the job has no secrets. */
  fileOf(jobId: string): string | undefined {
    const path = this.file(jobId);
    return existsSync(path) ? path : undefined;
  }

  remove(jobId: string): void {
    rmSync(this.file(jobId), { force: true });
  }

  /** Removes secrets of ended jobs, which remain after a crash. */
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
