import { createReadStream, createWriteStream } from "node:fs";
import { type FileHandle, mkdtemp, open, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { assertIsFile } from "../../inputs/data/content";

/**
 * Opens a file for reading at any position. Copies a pipe to a temporary file first: `<(git show main:train.jsonl)` is a pipe, and
 * `/dev/null` can replace a file that does not exist.
 *
 * @throws InputProblem when the path does not exist or is a folder
 */
export async function openFile(path: string): Promise<FileHandle> {
  const stats = await stat(path).catch(() => undefined);
  if (stats?.isFIFO() || stats?.isCharacterDevice()) return openCopy(path);
  await assertIsFile({ path }, "");
  return open(path);
}

async function openCopy(path: string): Promise<FileHandle> {
  const folder = await mkdtemp(join(tmpdir(), "pulumi-mistral-diff-"));
  try {
    const copy = join(folder, "copy");
    await pipeline(createReadStream(path), createWriteStream(copy, { mode: 0o600 }));
    return await open(copy);
  } finally {
    // An open file without a name disappears with the process, even when the process is killed.
    await rm(folder, { recursive: true });
  }
}
