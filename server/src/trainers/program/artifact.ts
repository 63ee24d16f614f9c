import { readdirSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import type { JobFolder } from "./jobFolder";

export interface ArtifactFile {
  /** Relative to the artifact, with `/`. */
  name: string;
  path: string;
  bytes: number;
  modifiedAt: Date;
}

/** The files of an artifact, in the order of their names. Links and the like are no part of it. */
export function artifactFiles({ artifact }: JobFolder): ArtifactFile[] {
  return readdirSync(artifact, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .map((path) => {
      const { size, mtime } = statSync(path);
      return { name: relative(artifact, path).replaceAll("\\", "/"), path, bytes: size, modifiedAt: mtime };
    });
}

export function artifactBytes(folder: JobFolder): number {
  return artifactFiles(folder).reduce((sum, { bytes }) => sum + bytes, 0);
}
