import { type FileHandle, open, stat } from "node:fs/promises";
import { basename } from "node:path";
import type { Readable } from "node:stream";
import { chunksOf } from "#data/fileChunks";
import { FileChangedError, FileUnreadableError, InvalidArgumentError } from "../errors/errors";

/**
 * What to upload: a file on disk, content in memory, or a stream. `bytes` is the length of the stream, and the length that a
 * file has to have.
 */
export type FileSource = (
  | { path: string; name?: string | undefined; bytes?: number | undefined }
  | { name: string; content: string | Uint8Array }
  | { name: string; stream: () => Readable; bytes: number }
) & {
  /** SHA-256 that the content has to have, in hex. Another one breaks the upload off before the server keeps it. */
  sha256?: string | undefined;
  /** What messages call it; the path, or else the name, unless it is given. */
  label?: string | undefined;
};

/** A source that is open for one upload. */
export interface OpenSource {
  /** Name that the server gets. */
  name: string;
  /** What messages call it. */
  label: string;
  bytes: number;
  /** A chunk holds until the next one is asked for: the memory is used again. */
  content: AsyncIterable<Uint8Array>;
  /** Throws when the source is not what it was when it was opened. */
  assertUnchanged(): Promise<void>;
  close(): Promise<void>;
}

/** Large enough that reading keeps up with a fast connection, small enough that memory stays flat. */
const CHUNK_BYTES = 1024 * 1024;

/** @throws {FileUnreadableError} missing, not permitted, or not a regular file */
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
    throw new InvalidArgumentError(`bytes must be the length of ${label}, not ${source.bytes}.`);
  }
  const { stream: make } = source;
  let stream: Readable | undefined;
  // Made when it is read, and not before: a stream that fails while nobody listens would end the process.
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
    throw new FileChangedError(label, `has ${size} bytes and not the ${bytes} that were expected`);
  }
  return {
    name,
    label,
    bytes: size,
    content: withReadableErrors(label, chunksOf(file, CHUNK_BYTES)),
    assertUnchanged: async () => {
      // Asked of the path: a file that was replaced is another one for everybody else, whatever is still read here.
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
        throw new FileChangedError(label, `was ${change} while it was being uploaded`);
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
  // An HTTP library's own text holds the URL, whose query may be a signature.
  if (response?.statusCode !== undefined) return `the server answered ${response.statusCode}`;
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
