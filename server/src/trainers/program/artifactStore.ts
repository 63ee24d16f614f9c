import { constants, existsSync, readdirSync } from "node:fs";
import { open, rm } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { type Pack, pack } from "tar-stream";
import { type ArtifactFile, artifactFiles } from "./artifact";
import { removeWorkingFiles } from "./createJobFolder";
import { JobFolder } from "./jobFolder";
import { exists } from "./jsonFile";

const BLOCK = 512;

/** Fails when the file was replaced by a link after it was listed. Windows has no such flag. */
const NO_LINKS = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0);

/** A name of this length or longer needs additional records in a tar file. In characters. */
const SHORT_NAME = 100;

/** The longest wait for the release of jobs at the start of the server, in milliseconds. */
const RELEASE_TIMEOUT_MS = 2000;

export interface Archive {
  /** Starts to read the files. */
  open(): Readable;
  /** In bytes; undefined when a file name makes the length unpredictable. */
  length: number | undefined;
}

/** The results of trainings. An artifact stays in the job's folder until its model is deleted. */
export class ArtifactStore {
  private readonly dataDir: string;

  constructor(dataDir: string) {
    this.dataDir = dataDir;
  }

  has(jobId: string): boolean {
    return existsSync(this.folder(jobId).artifactFolder);
  }

  /**
   * Packs an artifact as a tar file, in constant memory.
   *
   * @param root the top-level folder of all files in the archive
   */
  archive(jobId: string, root: string): Archive {
    const files = artifactFiles(this.folder(jobId)).map((file) => ({ ...file, name: `${root}/${file.name}` }));
    const open = () => {
      const archive = pack();
      addAll(archive, files).catch((error) => archive.destroy(error));
      return Readable.from(archive);
    };
    return { open, length: lengthOf(files) };
  }

  async remove(jobId: string): Promise<void> {
    const { artifactFolder, samplesFile } = this.folder(jobId);
    await rm(artifactFolder, { recursive: true, force: true });
    // The sample answers are those of the model.
    await rm(samplesFile, { force: true });
  }

  /**
   * Removes files that remain after a crash: working files of ended jobs, and artifacts whose model does not exist.
   *
   * @param release ends the program of a job, which may still be running. Resolves to false when it could not, and
   *   retries later
   */
  async sweep(
    hasEnded: (jobId: string) => boolean,
    hasModel: (jobId: string) => boolean,
    release: (jobId: string) => Promise<boolean>,
  ): Promise<void> {
    const runs = join(this.dataDir, "runs");
    const ended = exists(runs) ? readdirSync(runs).filter(hasEnded) : [];
    // `removeWorkingFiles` removes the data last.
    const unreleased = ended.filter((id) => exists(this.folder(id).dataFolder));
    const remaining = new Set(unreleased);
    const releases = unreleased.map(async (id) => {
      if (await release(id)) remaining.delete(id);
    });
    // A cluster that does not answer must not delay the start of the server.
    await Promise.race([Promise.all(releases), sleep(RELEASE_TIMEOUT_MS, undefined, { ref: false })]);
    for (const id of ended.filter((each) => !remaining.has(each))) {
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
    const file = await open(path, NO_LINKS);
    await pipeline(file.createReadStream(), archive.entry({ name, size, mtime }));
  }
  archive.finalize();
}

function lengthOf(files: ArtifactFile[]): number | undefined {
  return files.every(({ name }) => /^[\x20-\x7e]*$/.test(name) && name.length < SHORT_NAME)
    ? files.reduce((sum, { bytes }) => sum + BLOCK + Math.ceil(bytes / BLOCK) * BLOCK, 2 * BLOCK)
    : undefined;
}
