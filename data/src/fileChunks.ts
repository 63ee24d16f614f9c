import { type FileHandle, open } from "node:fs/promises";

/** Large enough that reading is not the bottleneck, small enough to keep memory use low. */
const CHUNK_BYTES = 256 * 1024;

/**
 * Reads a file in chunks, and closes it. As with `chunksOf`, a chunk is valid only until the next one is requested.
 *
 * @param signal stops the reading between two chunks
 * @example
 * for await (const chunk of fileChunks("train.jsonl")) hash.update(chunk);
 */
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
 * Reads an open file from its current position. Uses two buffers in turn, so that one is filled while the caller works on the
 * other. A chunk is valid only until the next one is requested. Memory use is constant: it does not depend on when garbage is
 * collected.
 */
export async function* chunksOf(file: FileHandle, chunkBytes: number): AsyncGenerator<Buffer> {
  const read = (into: Buffer) => {
    const reading = file.read(into, 0, chunkBytes, null);
    // Prevents an unhandled rejection: nothing awaits the last read when the caller stops early.
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
