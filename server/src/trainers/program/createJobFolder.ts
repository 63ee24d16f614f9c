import { constants } from "node:fs";
import { copyFile, link, mkdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { isSystemError } from "../../domain/systemError";
import type { TrainingRequest } from "../../domain/trainer";
import { inTurn } from "../dataThreads";
import { rulesOf } from "../inspectData";
import type { BaseModelEntry } from "../recipe/modelsFile";
import { cleanDataFiles } from "./cleanDataFiles";
import { cleanPaths, dataFiles, dataPath, type JobFileOptions, jobFile } from "./jobFile";
import type { JobFolder } from "./jobFolder";
import { exists, writeAtomically } from "./jsonFile";

/**
 * Errors of `link` when the file system cannot create the hard link: two file systems, no support, or too many links.
 */
const NO_LINK = ["EXDEV", "EPERM", "ENOTSUP", "EMLINK"];

/**
 * Creates a job's folder: first the data, then `job.json`, which marks the folder as complete. Completes a folder that
 * an interrupted call left incomplete. Does not change a complete folder.
 */
export async function createJobFolder(
  folder: JobFolder,
  run: TrainingRequest,
  base: BaseModelEntry,
  options: JobFileOptions = {},
  signal?: AbortSignal,
): Promise<void> {
  if (exists(folder.jobFile)) {
    return;
  }
  await mkdir(folder.dataFolder, { recursive: true, mode: 0o700 });
  for (const file of dataFiles(run)) {
    await linkOrCopy(file.path, join(folder.path, dataPath(file)));
  }
  if (options.cleaned) await writeCleanFiles(folder, run, signal);
  await writeAtomically(folder.jobFile, `${JSON.stringify(jobFile(run, base, options), undefined, 2)}\n`);
}

async function writeCleanFiles(folder: JobFolder, request: TrainingRequest, signal?: AbortSignal): Promise<void> {
  const { workspace, spec, trainingFiles, validationFiles } = request;
  // The same rules as in the validation: otherwise the copies would lack samples that the plan counts.
  const rules = rulesOf(request);
  const paths = cleanPaths(request);
  const training = trainingFiles.map(({ path }, index) => ({
    source: path,
    target: join(folder.path, paths.training[index] as string),
    weight: spec.training_files[index]?.weight ?? 1,
  }));
  const validation = validationFiles.map(({ path }, index) => ({
    source: path,
    target: join(folder.path, paths.validation[index] as string),
    weight: 1,
  }));
  await inTurn(workspace, () => cleanDataFiles(training, rules, signal), signal);
  await inTurn(workspace, () => cleanDataFiles(validation, rules, signal), signal);
}

/**
 * Explains to the job's user why the folder could not be created.
 *
 * @throws the error itself when it may pass. A full disk is reported: the data of this job may be what does not fit.
 */
export function folderErrorMessage(error: NodeJS.ErrnoException): string {
  const { code, message } = error;
  const isFull = code === "ENOSPC" || code === "EDQUOT";
  if (!isFull && isSystemError(error)) throw error;
  return isFull
    ? "The disk that holds the server's data is full: cannot create the job's folder"
    : `Cannot create the job's folder: ${code ?? message}`;
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

/**
 * Deletes the data, repositories and checkpoints, which only the training needs. Keeps the log, progress and artifact.
 * Deletes the data last: a folder with data belongs to a job that is not released.
 */
export async function removeWorkingFiles(folder: JobFolder): Promise<void> {
  for (const path of [
    folder.repositoriesFolder,
    folder.checkpointsFolder,
    `${folder.artifactFolder}.partial`,
    folder.dataFolder,
  ]) {
    await rm(path, { recursive: true, force: true });
  }
}
