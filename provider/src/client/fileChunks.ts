import type { FileHandle } from "node:fs/promises";

/** Large enough that reading keeps up with a fast connection, small enough that memory stays flat. */
export const CHUNK_BYTES = 1024 * 1024;

/**
 * Reads a file once, into two buffers in turn: one is filled while the other is sent. So a chunk holds only until the next
 * one is asked for, and nothing is left to collect, whatever the file's size.
 */
export class FileChunks implements AsyncIterable<Uint8Array> {
  #reading: ReturnType<FileChunks["read"]> | undefined;

  constructor(private readonly file: FileHandle) {}

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    let [free, other] = [Buffer.allocUnsafeSlow(CHUNK_BYTES), Buffer.allocUnsafeSlow(CHUNK_BYTES)];
    this.#reading = this.read(free);
    for (;;) {
      const { bytesRead, buffer } = await this.#reading;
      if (bytesRead === 0) return;
      [free, other] = [other, free];
      this.#reading = this.read(free);
      yield buffer.subarray(0, bytesRead);
    }
  }

  /** Closes the file when nothing reads from it any more. */
  async close(): Promise<void> {
    await this.#reading?.catch(() => {});
    await this.file.close();
  }

  private read(buffer: Buffer) {
    const reading = this.file.read(buffer, 0, buffer.length, null);
    // It may fail while its turn has not come, and when the upload is given up, its turn never comes.
    reading.catch(() => {});
    return reading;
  }
}
