import { readdirSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import type { JobFolder } from "./jobFolder";

export interface ArtifactFile {
  /** Path relative to the artifact folder, with `/` as separator. */
  name: string;
  path: string;
  bytes: number;
  modifiedAt: Date;
}

/** Lists the regular files of an artifact, sorted by path. Links and special files are not part of the artifact. */
export function artifactFiles({ artifactFolder }: JobFolder): ArtifactFile[] {
  return readdirSync(artifactFolder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .map((path) => {
      const { size, mtime } = statSync(path);
      return { name: relative(artifactFolder, path).replaceAll("\\", "/"), path, bytes: size, modifiedAt: mtime };
    });
}

/** Returns the total size of an artifact, in bytes. */
export function artifactBytes(folder: JobFolder): number {
  return artifactFiles(folder).reduce((sum, { bytes }) => sum + bytes, 0);
}
