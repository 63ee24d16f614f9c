import { SingleBar } from "cli-progress";
import { formatBytes } from "#common";

/** Shows the read progress on stderr, if stderr is a terminal. */
export class ReadingProgress {
  private readonly start = performance.now();
  private read = 0;
  private readonly bar = new SingleBar({
    format: "{bar} {percentage} % of {size}, {rate}/s, {eta_formatted} left",
    stream: process.stderr,
    clearOnComplete: true,
    hideCursor: null,
  });

  /** @param total size of all files, in bytes */
  constructor(private readonly total: number) {
    this.bar.start(total, 0, this.texts());
  }

  /** Passes the chunks through and counts their bytes. */
  async *over(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const chunk of chunks) {
      this.read += chunk.length;
      this.bar.update(this.read, this.texts());
      yield chunk;
    }
  }

  end(): void {
    this.bar.stop();
  }

  private texts() {
    const seconds = (performance.now() - this.start) / 1000;
    return { size: formatBytes(this.total), rate: formatBytes(this.read / Math.max(seconds, 0.001)) };
  }
}
