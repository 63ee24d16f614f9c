import { createReadStream, existsSync, readdirSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { type Pack, pack } from "tar-stream";
import { type ArtifactFile, artifactFiles } from "./artifact";
import { removeWorkingFiles } from "./createJobFolder";
import { JobFolder } from "./jobFolder";

const BLOCK = 512;

/** A longer name needs records of its own in a tar file. */
const SHORT_NAME = 100;

export interface Archive {
  stream: Readable;
  /** In bytes; undefined where that is not known before the end. */
  length: number | undefined;
}

/** What the trainings have made: it stays in the job's folder for as long as the model is there. */
export class ArtifactStore {
  private readonly dataDir: string;

  constructor(dataDir: string) {
    this.dataDir = dataDir;
  }

  has(jobId: string): boolean {
    return existsSync(this.folder(jobId).artifact);
  }

  /**
   * Packs an artifact as a tar file, in constant memory.
   *
   * @param root the folder that all is in when it is unpacked
   */
  archive(jobId: string, root: string): Archive {
    const files = artifactFiles(this.folder(jobId)).map((file) => ({ ...file, name: `${root}/${file.name}` }));
    const archive = pack();
    addAll(archive, files).catch((error) => archive.destroy(error));
    return { stream: Readable.from(archive), length: lengthOf(files) };
  }

  async remove(jobId: string): Promise<void> {
    await rm(this.folder(jobId).artifact, { recursive: true, force: true });
  }

  /** Removes what a crash has kept from being removed: what only trainings needed, and the artifacts of no model. */
  async sweep(hasEnded: (jobId: string) => boolean, hasModel: (jobId: string) => boolean): Promise<void> {
    const runs = join(this.dataDir, "runs");
    const ended = existsSync(runs) ? readdirSync(runs).filter(hasEnded) : [];
    for (const id of ended) {
      await removeWorkingFiles(this.folder(id));
      if (!hasModel(id)) {
        await this.remove(id);
      }
    }
  }

  private folder(jobId: string): JobFolder {
    return new JobFolder(this.dataDir, jobId);
  }
}

async function addAll(archive: Pack, files: ArtifactFile[]): Promise<void> {
  for (const { name, path, bytes: size, modifiedAt: mtime } of files) {
    await pipeline(createReadStream(path), archive.entry({ name, size, mtime }));
  }
  archive.finalize();
}

function lengthOf(files: ArtifactFile[]): number | undefined {
  return files.every(({ name }) => /^[\x20-\x7e]*$/.test(name) && name.length < SHORT_NAME)
    ? files.reduce((sum, { bytes }) => sum + BLOCK + Math.ceil(bytes / BLOCK) * BLOCK, 2 * BLOCK)
    : undefined;
}
