import { open } from "node:fs/promises";

/** Large enough that reading keeps up with the check, small enough that memory stays flat. */
const CHUNK_BYTES = 256 * 1024;

/**
 * Reads a file into two buffers in turn: one is filled while the other is worked on. So a chunk holds only until the next one
 * is asked for, and how much memory it takes does not depend on when garbage is collected.
 */
export async function* fileChunks(path: string): AsyncGenerator<Buffer> {
  const file = await open(path);
  const read = (into: Buffer) => {
    const reading = file.read(into, 0, CHUNK_BYTES);
    // Nobody waits for the last one when the reader stops early.
    reading.catch(() => {});
    return reading;
  };
  let [current, next] = [Buffer.allocUnsafeSlow(CHUNK_BYTES), Buffer.allocUnsafeSlow(CHUNK_BYTES)];
  try {
    for (let { bytesRead } = await read(current); bytesRead > 0; ) {
      const reading = read(next);
      yield current.subarray(0, bytesRead);
      ({ bytesRead } = await reading);
      [current, next] = [next, current];
    }
  } finally {
    await file.close();
  }
}
