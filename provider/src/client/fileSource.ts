import { type FileHandle, open } from "node:fs/promises";
import { basename } from "node:path";
import type { Readable } from "node:stream";
import { FileChangedError, FileUnreadableError, InvalidArgumentError } from "./errors";

/** What to upload: a file on disk, content in memory, or a stream whose length is known. */
export type FileSource = (
  | { path: string; name?: string | undefined }
  | { name: string; content: string | Uint8Array }
  | { name: string; stream: () => Readable; bytes: number }
) & {
  /** SHA-256 that the content has to have, in hex. Another one breaks the upload off before the server keeps it. */
  sha256?: string | undefined;
};

/** A source that is open for one upload. */
export interface OpenSource {
  /** Name that the server gets. */
  name: string;
  /** What messages call it: the path when there is one. */
  label: string;
  bytes: number;
  content: AsyncIterable<Uint8Array>;
  /** Throws when the source was written to since it was opened. */
  assertUnchanged(): Promise<void>;
  close(): Promise<void>;
}

/** Large enough that reading keeps up with a fast connection, small enough that memory stays flat. */
export const CHUNK_BYTES = 512 * 1024;

/** @throws {FileUnreadableError} missing, not permitted, or not a regular file */
export async function openSource(source: FileSource): Promise<OpenSource> {
  if ("path" in source) {
    return openPath(source.path, source.name ?? basename(source.path));
  }
  const open = { name: source.name, label: source.name, assertUnchanged: async () => {}, close: async () => {} };
  if ("content" in source) {
    const content = typeof source.content === "string" ? Buffer.from(source.content) : source.content;
    return { ...open, bytes: content.byteLength, content: pieces(content) };
  }
  if (!Number.isSafeInteger(source.bytes) || source.bytes < 0) {
    throw new InvalidArgumentError(`bytes must be the length of ${source.name}, not ${source.bytes}.`);
  }
  const stream = source.stream();
  return {
    ...open,
    bytes: source.bytes,
    content: named(source.name, stream),
    close: async () => {
      stream.destroy();
    },
  };
}

async function openPath(path: string, name: string): Promise<OpenSource> {
  let file: FileHandle;
  try {
    file = await open(path);
  } catch (error) {
    throw new FileUnreadableError(path, problemOf(error));
  }
  const before = await file.stat({ bigint: true });
  if (!before.isFile()) {
    await file.close();
    throw new FileUnreadableError(path, before.isDirectory() ? "it is a directory" : "it is not a regular file");
  }
  return {
    name,
    label: path,
    bytes: Number(before.size),
    // Read through the same handle as the size: a path that is replaced meanwhile does not matter.
    content: named(path, chunks(file)),
    assertUnchanged: async () => {
      const after = await file.stat({ bigint: true });
      if (after.mtimeNs !== before.mtimeNs || after.size !== before.size) {
        throw new FileChangedError(path, "was written to while it was being uploaded");
      }
    },
    close: () => file.close(),
  };
}

async function* chunks(file: FileHandle): AsyncGenerator<Uint8Array> {
  for (;;) {
    // A new buffer each time: the one before may still be waiting to be sent.
    const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(CHUNK_BYTES), 0, CHUNK_BYTES, null);
    if (bytesRead === 0) {
      return;
    }
    yield buffer.subarray(0, bytesRead);
  }
}

async function* named(label: string, content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* content;
  } catch (error) {
    throw new FileUnreadableError(label, problemOf(error));
  }
}

async function* pieces(content: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < content.byteLength; start += CHUNK_BYTES) {
    yield content.subarray(start, start + CHUNK_BYTES);
  }
}

function problemOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  switch (code) {
    case "ENOENT":
      return `there is no such file (looked from ${process.cwd()})`;
    case "EACCES":
    case "EPERM":
      return "permission denied";
    case "EISDIR":
      return "it is a directory";
    default:
      return message;
  }
}
