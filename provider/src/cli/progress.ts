import { SingleBar } from "cli-progress";
import { formatBytes } from "#common";

/** Shows on stderr how far the reading is; nothing where that is no terminal. */
export class ReadingProgress {
  private readonly start = performance.now();
  private read = 0;
  private readonly bar = new SingleBar({
    format: "{bar} {percentage} % of {size}, {rate}/s, {eta_formatted} left",
    stream: process.stderr,
    clearOnComplete: true,
    hideCursor: null,
  });

  /** @param total bytes of all files */
  constructor(private readonly total: number) {
    this.bar.start(total, 0, this.texts());
  }

  /** Hands the chunks on, and counts them. */
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
