import { type FileHandle, open, stat } from "node:fs/promises";
import { basename } from "node:path";
import type { Readable } from "node:stream";
import { chunksOf } from "#data/fileChunks";
import { FileChangedError, FileUnreadableError, InvalidArgumentError } from "../errors/errors";

/**
 * The source of an upload: a file on disk, content in memory, or a stream. `bytes` is the length of the stream, or the expected
 * length of the file.
 */
export type FileSource = (
  | { path: string; name?: string | undefined; bytes?: number | undefined }
  | { name: string; content: string | Uint8Array }
  | { name: string; stream: () => Readable; bytes: number }
) & {
  /** Expected SHA-256 of the content, in hex. A mismatch aborts the upload before the server stores the file. */
  sha256?: string | undefined;
  /** Name of the source in messages. Default: the path, or else the name. */
  label?: string | undefined;
};

/** A source opened for one upload. */
export interface OpenSource {
  /** File name sent to the server. */
  name: string;
  /** Name of the source in messages. */
  label: string;
  bytes: number;
  /** A chunk is only valid until the next one is requested, because its memory is reused. */
  content: AsyncIterable<Uint8Array>;
  /** Throws when the source has changed since it was opened. */
  assertUnchanged(): Promise<void>;
  close(): Promise<void>;
}

/** Large enough for reads to keep up with a fast connection, small enough for constant memory. */
const CHUNK_BYTES = 1024 * 1024;

/** @throws {FileUnreadableError} the file is missing, access is denied, or it is not a regular file */
export async function openSource(source: FileSource): Promise<OpenSource> {
  if ("path" in source) {
    return openPath(source);
  }
  const { name, label = name } = source;
  const open = { name, label, assertUnchanged: async () => {}, close: async () => {} };
  if ("content" in source) {
    const content = typeof source.content === "string" ? Buffer.from(source.content) : source.content;
    return { ...open, bytes: content.byteLength, content: chunks(content) };
  }
  if (!Number.isSafeInteger(source.bytes) || source.bytes < 0) {
    throw new InvalidArgumentError(`bytes must be the length of ${label} in bytes, not ${source.bytes}.`);
  }
  const { stream: make } = source;
  let stream: Readable | undefined;
  // Create the stream only when it is read: a stream that fails without an error listener would end the process.
  async function* content(): AsyncGenerator<Uint8Array> {
    stream = make();
    yield* stream;
  }
  return {
    ...open,
    bytes: source.bytes,
    content: withReadableErrors(label, content()),
    close: async () => {
      stream?.destroy();
    },
  };
}

type Path = Extract<FileSource, { path: string }>;

async function openPath({ path, name = basename(path), label = path, bytes }: Path): Promise<OpenSource> {
  let file: FileHandle;
  try {
    file = await open(path);
  } catch (error) {
    throw new FileUnreadableError(label, problemOf(error));
  }
  const before = await file.stat({ bigint: true });
  if (!before.isFile()) {
    await file.close();
    throw new FileUnreadableError(label, before.isDirectory() ? "it is a directory" : "it is not a regular file");
  }
  const size = Number(before.size);
  if (bytes !== undefined && bytes !== size) {
    await file.close();
    throw new FileChangedError(label, `has ${size} bytes, expected ${bytes}`);
  }
  return {
    name,
    label,
    bytes: size,
    content: withReadableErrors(label, chunksOf(file, CHUNK_BYTES)),
    assertUnchanged: async () => {
      // Check the path, not the open file: when the file was replaced, the path holds other content.
      const after = await stat(path, { bigint: true }).catch(() => undefined);
      const change =
        after === undefined
          ? "deleted"
          : after.ino !== before.ino || after.dev !== before.dev
            ? "replaced"
            : after.mtimeNs !== before.mtimeNs || after.size !== before.size
              ? "written to"
              : undefined;
      if (change !== undefined) {
        throw new FileChangedError(label, `was ${change} during the upload`);
      }
    },
    close: () => file.close(),
  };
}

async function* withReadableErrors(label: string, content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* content;
  } catch (error) {
    throw new FileUnreadableError(label, problemOf(error));
  }
}

async function* chunks(content: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < content.byteLength; start += CHUNK_BYTES) {
    yield content.subarray(start, start + CHUNK_BYTES);
  }
}

function problemOf(error: unknown): string {
  const { code, message, response } = error as NodeJS.ErrnoException & { response?: { statusCode?: number } };
  // Do not use the HTTP library's message: it contains the URL, whose query may be a signature.
  if (response?.statusCode !== undefined) return `the server answered ${response.statusCode}`;
  switch (code) {
    case "ENOENT":
      return `no such file (relative to ${process.cwd()})`;
    case "EACCES":
    case "EPERM":
      return "permission denied";
    case "EISDIR":
      return "it is a directory";
    default:
      return message;
  }
}
