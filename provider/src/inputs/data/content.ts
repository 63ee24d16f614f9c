import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { isAbsolute, resolve } from "node:path";
import { Readable } from "node:stream";
import { fileChunks, isLfsPointer } from "#data";
import { loadGot, timeoutsOf } from "../../client/http/got";
import { agentsFor } from "../../client/http/proxy";
import type { WireAsset } from "../../schema/assets";
import type { DataFile } from "../../schema/files";
import { InputProblem } from "../problem";

const LFS_POINTER = "this is a Git LFS pointer, not the data; run `git lfs pull`, in CI check out with LFS";

/** Timeout without progress for a remote asset. */
const STALLED_MS = 60_000;

/** Opens an asset's content as a stream. */
export function openAsset({ asset }: DataFile, stalledMs = STALLED_MS): Readable {
  const { text, uri } = (asset ?? {}) as WireAsset;
  if (text !== undefined) return Readable.from([Buffer.from(text)]);
  if (uri?.startsWith("file:")) return createReadStream(new URL(uri));
  if (uri !== undefined) {
    return loadGot().got.stream(uri, { ...agentsFor(new URL(uri)), timeout: timeoutsOf(stalledMs) });
  }
  throw new Error("the asset has neither text nor URI");
}

/**
 * Reads the content of a file or an asset.
 *
 * @throws InputProblem when the content cannot be read
 */
export async function* readContent(file: DataFile, inputPath: string): AsyncGenerator<Buffer> {
  try {
    yield* withoutLfsPointer(file.path === undefined ? openAsset(file) : fileChunks(file.path));
  } catch (error) {
    throw new InputProblem(inputPath, `${describeFile(file)}: ${reasonOf(error)}`);
  }
}

/** Passes the chunks of a file through. @throws when the file is a Git LFS pointer */
export async function* withoutLfsPointer(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let isFirst = true;
  for await (const chunk of chunks) {
    if (isFirst && isLfsPointer(chunk)) throw new Error(LFS_POINTER);
    isFirst = false;
    yield chunk;
  }
}

/** @throws InputProblem when the path does not exist or is not a file */
export async function assertIsFile({ path }: DataFile, inputPath: string): Promise<void> {
  if (path === undefined) return;
  const stats = await stat(path).catch((error: unknown) => {
    const resolvedPath = isAbsolute(path) ? "" : ` (resolved to ${resolve(path)})`;
    throw new InputProblem(inputPath, `${path}: ${reasonOf(error)}${resolvedPath}`);
  });
  if (stats.isFile()) return;
  throw new InputProblem(inputPath, `${path}: expected a file, got a ${stats.isDirectory() ? "directory" : "device"}`);
}

/** Returns a file's name for messages. */
export function describeFile(file: DataFile): string {
  if (file.path !== undefined) return file.path;
  if (file.fileId !== undefined) return `the file ${file.fileId}`;
  const { text, uri } = (file.asset ?? {}) as WireAsset;
  return text === undefined && uri !== undefined ? withoutCredentials(uri) : "the string asset";
}

const REASONS: Record<string, string> = {
  ENOENT: "no such file",
  EACCES: "permission denied",
  EPERM: "permission denied",
  ENOTDIR: "a part of the path is not a directory",
  ELOOP: "too many symbolic links",
};

function reasonOf(error: unknown): string {
  // got's message contains the full URL, which may contain a signature.
  if (error instanceof loadGot().HTTPError) return `the server answered ${error.response.statusCode}`;
  const { code, message } = error as NodeJS.ErrnoException;
  return REASONS[code ?? ""] ?? message;
}

/** Removes the parts of a URL that may contain a password or a signature. */
function withoutCredentials(uri: string): string {
  if (!URL.canParse(uri)) return "the remote asset";
  return Object.assign(new URL(uri), { username: "", password: "", search: "", hash: "" }).href;
}
