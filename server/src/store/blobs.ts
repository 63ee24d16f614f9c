import { createHash, randomUUID } from "node:crypto";
import { createWriteStream, mkdirSync, readdirSync, rmSync } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { TooLargeError } from "../http/errors";

/** How much of a file's beginning is kept in memory, to see what kind of samples it holds. */
const HEAD_BYTES = 64 * 1024;

/** How much may wait for the disk while more arrives. */
const WRITE_AHEAD_BYTES = 1024 * 1024;

const NEWLINE = 0x0a;

/** Content that has arrived completely, and is not a file yet. */
export interface Received {
  temporaryPath: string;
  bytes: number;
  lines: number;
  sha256: string;
  /** The first line, or the beginning of it. */
  head: string;
}

/**
 * The files' content on disk: `uploads/` while it arrives, `files/<id>` when it is complete. Content gets its final name
 * before the database names it, and loses it after: a crash in between leaves content that nothing names, never a name
 * without content. `sweep` removes what was left.
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
   * Streams content to disk. What is cut off or too large leaves nothing behind.
   *
   * @param limit the greatest allowed size in bytes
   */
  async receive(source: Readable, limit: number): Promise<Received> {
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
          // Read to the end all the same: most clients look for the reply only when they have sent everything.
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
        measure,
        createWriteStream(temporaryPath, { flags: "wx", flush: true, highWaterMark: WRITE_AHEAD_BYTES }),
      );
      if (bytes > limit) {
        throw new TooLargeError(`The file is larger than ${limit} bytes, which is the most that one file may have`);
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

  async keep(received: Received, id: string): Promise<void> {
    await rename(received.temporaryPath, this.path(id));
  }

  async discard(received: Received): Promise<void> {
    await rm(received.temporaryPath, { force: true });
  }

  async remove(id: string): Promise<void> {
    await rm(this.path(id), { force: true });
  }

  /** @param id an id that the database knows: never text from a request */
  path(id: string): string {
    return join(this.files, id);
  }

  /** Removes what an earlier process left unfinished. */
  sweep(isKnown: (id: string) => boolean): void {
    for (const name of readdirSync(this.uploads)) {
      rmSync(join(this.uploads, name), { force: true });
    }
    for (const name of readdirSync(this.files).filter((each) => !isKnown(each))) {
      rmSync(join(this.files, name), { force: true });
    }
  }
}

function count(chunk: Buffer, byte: number): number {
  let found = 0;
  for (let at = chunk.indexOf(byte); at !== -1; at = chunk.indexOf(byte, at + 1)) {
    found += 1;
  }
  return found;
}
