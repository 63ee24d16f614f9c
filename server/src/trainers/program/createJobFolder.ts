import { constants, existsSync } from "node:fs";
import { copyFile, link, mkdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Run } from "../../domain/trainer";
import type { BaseModelEntry } from "../recipe/modelsFile";
import { dataFiles, dataPath, jobFile } from "./jobFile";
import type { JobFolder } from "./jobFolder";
import { writeAtomically } from "./jsonFile";

/** Hard links are not possible here: another file system, one without them, or too many. */
const NO_LINK = ["EXDEV", "EPERM", "ENOTSUP", "EMLINK"];

/**
 * Makes a job's folder: its data, and then `job.json`, which says that the folder is complete. What an earlier process
 * began is finished; a complete folder stays as it is.
 */
export async function createJobFolder(folder: JobFolder, run: Run, base: BaseModelEntry): Promise<void> {
  if (existsSync(folder.job)) {
    return;
  }
  await mkdir(folder.data, { recursive: true, mode: 0o700 });
  for (const file of dataFiles(run)) {
    await linkOrCopy(file.path, join(folder.path, dataPath(file)));
  }
  await writeAtomically(folder.job, `${JSON.stringify(jobFile(run, base), undefined, 2)}\n`);
}

/** Why a folder could not be made, for the user of its job. */
export function folderErrorMessage({ code, message }: NodeJS.ErrnoException): string {
  return code === "ENOSPC"
    ? "The disk that holds the server's data is full: there is no room for the job's folder"
    : `The job's folder could not be made: ${code ?? message}`;
}

async function linkOrCopy(source: string, target: string): Promise<void> {
  try {
    await link(source, target);
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    if (code === "EEXIST") {
      return;
    }
    if (!NO_LINK.includes(code)) {
      throw error;
    }
    await copyFile(source, `${target}.partial`, constants.COPYFILE_FICLONE);
    await rename(`${target}.partial`, target);
  }
}

/** Deletes the data, repositories and checkpoints, which only the training needed. The log, progress and artifact stay. */
export async function removeWorkingFiles(folder: JobFolder): Promise<void> {
  for (const path of [folder.data, folder.repositories, folder.checkpoints, `${folder.artifact}.partial`]) {
    await rm(path, { recursive: true, force: true });
  }
}
