/** The longest line that is kept, in bytes. Bounds the memory; real samples are far shorter. */
export const MAX_LINE_BYTES = 16 * 1024 ** 2;

const NEWLINE = 0x0a;

/** Receives each line without its newline, and its length. `bytes` is undefined for a line longer than `MAX_LINE_BYTES`. */
export type OnLine = (bytes: Buffer | undefined, length: number) => void;

/**
 * Splits a stream of chunks into lines. Text after the last newline is a line too, unless it is empty. Calls a function for each
 * line instead of returning an iterator, since for millions of lines the iterator takes longer than the splitting.
 *
 * @example
 * const splitter = new LineSplitter((line) => console.log(line?.toString()));
 * for await (const chunk of stream) splitter.push(chunk);
 * splitter.end();
 */
export class LineSplitter {
  private parts: Buffer[] = [];
  private length = 0;

  constructor(private readonly onLine: OnLine) {}

  push(chunk: Buffer): void {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      this.keep(chunk.subarray(start, end));
      this.endLine();
      start = end + 1;
    }
    // A copy, since the reader may reuse the memory of the chunk.
    if (start < chunk.length) this.keep(Buffer.from(chunk.subarray(start)));
  }

  /** Passes on the last line. @returns whether the last line had no newline */
  end(): boolean {
    const open = this.length > 0;
    if (open) this.endLine();
    return open;
  }

  private keep(part: Buffer): void {
    this.length += part.length;
    if (this.length <= MAX_LINE_BYTES) this.parts.push(part);
    else this.parts = [];
  }

  private endLine(): void {
    const [first = Buffer.alloc(0), ...more] = this.parts;
    const bytes = more.length === 0 ? first : Buffer.concat(this.parts);
    const { length } = this;
    this.parts = [];
    this.length = 0;
    this.onLine(length > MAX_LINE_BYTES ? undefined : bytes, length);
  }
}
