/** The longest line that is read: a sample of this size is no sample any more, and memory has to stay bounded. */
export const MAX_LINE_BYTES = 16 * 1024 ** 2;

const NEWLINE = 0x0a;

/** Gets each line, without its newline; `bytes` is undefined for one that is longer than `MAX_LINE_BYTES`. */
export type OnLine = (bytes: Buffer | undefined) => void;

/**
 * Splits a stream into lines, wherever its chunks begin and end. A last line without a newline is one, the nothing after the
 * last newline is not. It calls back instead of iterating: at millions of lines an iterator takes longer than the splitting.
 */
export class LineSplitter {
  private parts: Buffer[] = [];
  private length = 0;

  constructor(private readonly onLine: OnLine) {}

  push(chunk: Buffer): void {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      this.keep(chunk.subarray(start, end));
      this.take();
      start = end + 1;
    }
    // A copy: whoever reads may use the memory of the chunk again.
    if (start < chunk.length) this.keep(Buffer.from(chunk.subarray(start)));
  }

  /** @returns whether the last line had no newline */
  end(): boolean {
    const open = this.length > 0;
    if (open) this.take();
    return open;
  }

  private keep(part: Buffer): void {
    this.length += part.length;
    if (this.length <= MAX_LINE_BYTES) this.parts.push(part);
    else this.parts = [];
  }

  private take(): void {
    const [first = Buffer.alloc(0), ...more] = this.parts;
    const bytes = more.length === 0 ? first : Buffer.concat(this.parts);
    const tooLong = this.length > MAX_LINE_BYTES;
    this.parts = [];
    this.length = 0;
    this.onLine(tooLong ? undefined : bytes);
  }
}
