import { createHash, randomUUID } from "node:crypto";
import { createWriteStream, mkdirSync, readdirSync, rmSync } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { TooLargeError } from "../domain/errors";

/** The part of a file that stays in memory, to detect the sample type. */
const HEAD_BYTES = 64 * 1024;

/** Smaller chunks are joined, in bytes. */
const LEAST_CHUNK_BYTES = 16 * 1024;

/** The size of the write buffer. */
const WRITE_BUFFER_BYTES = 1024 * 1024;

const NEWLINE = 0x0a;

/** A completely received upload that is not stored as a file yet. */
export interface ReceivedUpload {
  temporaryPath: string;
  bytes: number;
  lines: number;
  sha256: string;
  /** The first line, truncated to about 64 KiB. */
  head: string;
}

/**
 * Stores the content of files: in `uploads/` during the upload, in `files/<id>` afterwards. The content is renamed
 * before the database row is inserted, and removed after the row is deleted. A crash in between leaves content without
 * a row, never a row without content. `sweep` removes content without a row.
 */
export class BlobStore {
  private readonly uploads: string;
  private readonly files: string;

  constructor(dataDir: string) {
    this.uploads = join(dataDir, "uploads");
    this.files = join(dataDir, "files");
    mkdirSync(this.uploads, { recursive: true });
    mkdirSync(this.files, { recursive: true });
  }

  /**
   * Streams content to disk. Removes the partial content when the upload is aborted or too large.
   *
   * @param limit the maximum size in bytes, inclusive
   * @throws {TooLargeError} when the content is larger than `limit`
   */
  async receive(source: Readable, limit: number): Promise<ReceivedUpload> {
    const temporaryPath = join(this.uploads, randomUUID());
    const hash = createHash("sha256");
    const head: Buffer[] = [];
    let bytes = 0;
    let newlines = 0;
    let last = NEWLINE;
    async function* measure(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
      for await (const chunk of chunks) {
        if (bytes < HEAD_BYTES) {
          head.push(chunk);
        }
        bytes += chunk.length;
        if (bytes > limit) {
          // Drain the upload: most clients read the response only after they have sent the whole body.
          continue;
        }
        hash.update(chunk);
        newlines += count(chunk, NEWLINE);
        last = chunk.at(-1) ?? last;
        yield chunk;
      }
    }
    try {
      await pipeline(
        source,
        joinSmall,
        measure,
        createWriteStream(temporaryPath, { flags: "wx", flush: true, highWaterMark: WRITE_BUFFER_BYTES }),
      );
      if (bytes > limit) {
        throw new TooLargeError(`The file is too large: the limit is ${limit} bytes`);
      }
    } catch (error) {
      await rm(temporaryPath, { force: true });
      throw error;
    }
    return {
      temporaryPath,
      bytes,
      lines: newlines + (last === NEWLINE ? 0 : 1),
      sha256: hash.digest("hex"),
      head: Buffer.concat(head).toString("utf8").split("\n", 1)[0] ?? "",
    };
  }

  async moveToFiles(received: ReceivedUpload, id: string): Promise<void> {
    await rename(received.temporaryPath, this.path(id));
  }

  async discard(received: ReceivedUpload): Promise<void> {
    await rm(received.temporaryPath, { force: true });
  }

  async remove(id: string): Promise<void> {
    await rm(this.path(id), { force: true });
  }

  /** @param id the id of a database row. Never pass text from a request: it could contain `..`. */
  path(id: string): string {
    return join(this.files, id);
  }

  /** Removes unfinished uploads, and content without a database row. */
  sweep(isKnown: (id: string) => boolean): void {
    for (const name of readdirSync(this.uploads)) {
      rmSync(join(this.uploads, name), { force: true });
    }
    for (const name of readdirSync(this.files).filter((each) => !isKnown(each))) {
      rmSync(join(this.files, name), { force: true });
    }
  }
}

/** Joins small chunks: the multipart parser splits text that looks like a boundary into chunks of a few bytes. */
async function* joinSmall(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let waiting: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of chunks) {
    waiting.push(chunk);
    bytes += chunk.length;
    if (bytes >= LEAST_CHUNK_BYTES) {
      yield Buffer.concat(waiting);
      waiting = [];
      bytes = 0;
    }
  }
  if (bytes > 0) yield Buffer.concat(waiting);
}

function count(chunk: Buffer, byte: number): number {
  let found = 0;
  for (let at = chunk.indexOf(byte); at !== -1; at = chunk.indexOf(byte, at + 1)) {
    found += 1;
  }
  return found;
}
