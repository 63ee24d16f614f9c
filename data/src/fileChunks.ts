import { type FileHandle, open } from "node:fs/promises";

/** Large enough that reading keeps up with a check, small enough that memory stays flat. */
const CHUNK_BYTES = 256 * 1024;

/** Reads a file as `chunksOf` does, and closes it. @param signal ends it between two chunks */
export async function* fileChunks(path: string, signal?: AbortSignal): AsyncGenerator<Buffer> {
  const file = await open(path);
  try {
    for await (const chunk of chunksOf(file, CHUNK_BYTES)) {
      signal?.throwIfAborted();
      yield chunk;
    }
  } finally {
    await file.close();
  }
}

/**
 * Reads an open file from where it stands into two buffers in turn: one is filled while the other is worked on. So a chunk
 * holds only until the next one is asked for, and how much memory it takes does not depend on when garbage is collected.
 */
export async function* chunksOf(file: FileHandle, chunkBytes: number): AsyncGenerator<Buffer> {
  const read = (into: Buffer) => {
    const reading = file.read(into, 0, chunkBytes, null);
    // Nobody waits for the last one when the reader stops early.
    reading.catch(() => {});
    return reading;
  };
  let [current, next] = [Buffer.allocUnsafeSlow(chunkBytes), Buffer.allocUnsafeSlow(chunkBytes)];
  for (let { bytesRead } = await read(current); bytesRead > 0; ) {
    const reading = read(next);
    yield current.subarray(0, bytesRead);
    ({ bytesRead } = await reading);
    [current, next] = [next, current];
  }
}
