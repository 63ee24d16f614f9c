import { MAX_LINE_BYTES } from "../splitter";

const NEWLINE = 0x0a;

/** Complete lines, or `undefined` in place of one line longer than `MAX_LINE_BYTES`. */
export type Lines = Uint8Array | undefined;

/**
 * Cuts a stream of chunks into batches of complete lines. Copies the chunks, because the reader may reuse their memory. A line
 * that is longer than a batch is a batch of its own. Text after the last newline is a line too, unless it is empty.
 *
 * @example
 * const batches = new LineBatches(() => 512 * 1024);
 * for await (const chunk of stream) for (const lines of batches.push(chunk)) check(lines);
 * for (const lines of batches.end()) check(lines);
 */
export class LineBatches {
  /** The text that is in no batch yet. Threads share the memory of a batch, so that it is never copied again. */
  private buffer: Uint8Array = new Uint8Array(0);
  private length = 0;
  /** The end of the last complete line in `buffer`. */
  private complete = 0;
  private skipping = false;
  private free: Uint8Array[] = [];

  /** @param batchBytes returns the current size of a batch, in bytes */
  constructor(private readonly batchBytes: () => number) {}

  *push(chunk: Uint8Array): Generator<Lines> {
    let rest = chunk;
    if (this.skipping || this.length - this.complete >= this.batchBytes()) {
      const end = rest.indexOf(NEWLINE) + 1;
      if (!this.skipping) yield* this.append(rest.subarray(0, end || rest.length));
      if (end === 0) return;
      yield this.skipping ? undefined : this.take();
      this.skipping = false;
      rest = rest.subarray(end);
    }
    yield* this.append(rest);
    if (this.complete > 0 && this.length >= this.batchBytes()) yield this.take();
  }

  /** Returns the remaining lines. */
  *end(): Generator<Lines> {
    if (this.skipping) yield undefined;
    else if (this.length > 0) {
      this.complete = this.length;
      yield this.take();
    }
  }

  /** Allows the memory of a batch to be reused. */
  recycle({ buffer }: Uint8Array): void {
    this.free.push(new Uint8Array(buffer, 0, buffer.byteLength / PARTS));
  }

  private *append(bytes: Uint8Array): Generator<Lines> {
    this.reserve(this.length + bytes.length);
    this.buffer.set(bytes, this.length);
    const newline = bytes.lastIndexOf(NEWLINE);
    if (newline !== -1) this.complete = this.length + newline + 1;
    this.length += bytes.length;
    if (this.length - this.complete <= MAX_LINE_BYTES) return;
    if (this.complete > 0) yield this.take();
    this.length = 0;
    this.skipping = true;
  }

  /** Returns the complete lines. The beginning of the next line stays. */
  private take(): Uint8Array {
    const taken = this.buffer.subarray(0, this.complete);
    const rest = this.buffer.subarray(this.complete, this.length);
    this.buffer = this.free.pop() ?? new Uint8Array(0);
    this.length = 0;
    this.complete = 0;
    this.reserve(rest.length);
    this.buffer.set(rest);
    this.length = rest.length;
    return taken;
  }

  private reserve(bytes: number): void {
    if (bytes <= this.buffer.length) return;
    // Doubling keeps the copies of a long line linear.
    const size = 4 * Math.ceil(Math.max(bytes, 2 * this.buffer.length, this.batchBytes() + MARGIN_BYTES) / 4);
    const larger = new Uint8Array(new SharedArrayBuffer(PARTS * size), 0, size);
    larger.set(this.buffer.subarray(0, this.length));
    this.buffer = larger;
  }
}

/** A third of the memory is for the lines, and the rest is for the records of their samples. Memory that is not used costs nothing. */
const PARTS = 3;

/**
 * Returns the memory for the records of a batch's samples: see `records` of `Batch`. A record has 20 bytes, and a valid sample at least 12.
 * Threads pass the records in this memory, because memory that is allocated for each message makes the heap grow.
 */
export function recordsOf({ buffer }: Uint8Array): Uint32Array {
  return new Uint32Array(buffer, buffer.byteLength / PARTS);
}

/** Room for the last chunk of a batch. */
const MARGIN_BYTES = 64 * 1024;

/**
 * Calls a function with each line of a batch, without its newline; with `undefined` for a line longer than `MAX_LINE_BYTES`. Calls
 * a function instead of returning an iterator, since for millions of lines the iterator takes longer than the splitting.
 */
export function splitLines(bytes: Uint8Array, onLine: (line: Buffer | undefined) => void): void {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let start = 0, end: number; start < buffer.length; start = end + 1) {
    end = buffer.indexOf(NEWLINE, start);
    if (end === -1) end = buffer.length;
    onLine(end - start > MAX_LINE_BYTES ? undefined : buffer.subarray(start, end));
  }
}
