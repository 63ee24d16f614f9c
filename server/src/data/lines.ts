import { createReadStream } from "node:fs";

/** The longest line that is read: a sample of this size is no sample any more, and memory has to stay bounded. */
export const MAX_LINE_BYTES = 16 * 1024 ** 2;

const NEWLINE = 0x0a;

export interface Line {
  /** From 1, as editors count. */
  number: number;
  /** The line without its newline; undefined when it is longer than `MAX_LINE_BYTES`. */
  bytes: Buffer | undefined;
}

/** The lines of a file, read as a stream. A last line without a newline is one, the nothing after the last newline is not. */
export async function* readLines(path: string, signal: AbortSignal): AsyncGenerator<Line> {
  let number = 0;
  let parts: Buffer[] = [];
  let length = 0;
  const keep = (part: Buffer) => {
    length += part.length;
    if (length <= MAX_LINE_BYTES) {
      parts.push(part);
    } else {
      parts = [];
    }
  };
  const take = (): Line => {
    number += 1;
    const bytes = length > MAX_LINE_BYTES ? undefined : parts.length === 1 ? parts[0] : Buffer.concat(parts);
    parts = [];
    length = 0;
    return { number, bytes };
  };
  const stream: AsyncIterable<Buffer> = createReadStream(path, { highWaterMark: 256 * 1024, signal });
  for await (const chunk of stream) {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      keep(chunk.subarray(start, end));
      yield take();
      start = end + 1;
    }
    if (start < chunk.length) {
      keep(chunk.subarray(start));
    }
  }
  if (length > 0) {
    yield take();
  }
}
