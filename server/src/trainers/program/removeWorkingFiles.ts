import { rm } from "node:fs/promises";
import type { JobFolder } from "./jobFolder";

/** Removes what only the training needed: its data and its checkpoints. What tells how it went stays, and the result. */
export async function removeWorkingFiles(folder: JobFolder): Promise<void> {
  for (const path of [folder.data, folder.repositories, folder.checkpoints, `${folder.artifact}.partial`]) {
    await rm(path, { recursive: true, force: true });
  }
}
