import { lstatSync, readdirSync, type Stats } from "node:fs";
import { join, relative, sep } from "node:path";
import type { JobFolder } from "./jobFolder";

export interface ArtifactFile {
  /** Path relative to the artifact folder, with `/` as separator. */
  name: string;
  path: string;
  bytes: number;
  modifiedAt: Date;
}

/**
 * Lists the regular files of an artifact, sorted by path. Links and special files are not part of the artifact.
 *
 * Does not use the recursive `readdir`: from Node.js 22 on, it follows linked folders.
 */
export function artifactFiles({ artifactFolder }: JobFolder): ArtifactFile[] {
  return [...regularFiles(artifactFolder)]
    .map(([path, { size, mtime }]) => ({
      // Outside of Windows, a file name may contain a backslash. An unpacked file must not leave its folder on any system.
      name: relative(artifactFolder, path).replaceAll(sep, "/").replaceAll("\\", "_"),
      path,
      bytes: size,
      modifiedAt: mtime,
    }))
    .sort((one, other) => (one.path < other.path ? -1 : 1));
}

/** Yields the path itself, or the files of the folder. Follows no link. */
function* regularFiles(path: string): Generator<[path: string, stats: Stats]> {
  const stats = lstatSync(path);
  if (stats.isFile()) {
    yield [path, stats];
  } else if (stats.isDirectory()) {
    for (const name of readdirSync(path)) {
      yield* regularFiles(join(path, name));
    }
  }
}

/** Returns the total size of an artifact, in bytes. */
export function artifactBytes(folder: JobFolder): number {
  return artifactFiles(folder).reduce((sum, { bytes }) => sum + bytes, 0);
}
