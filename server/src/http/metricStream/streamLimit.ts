import { ApiError } from "../errors";

/** The fewest streams of one key, on a server with few connections. */
const FEWEST = 4;

/**
 * Limits the number of open event streams: all together have at most half of the server's connections, and those of one API
 * key at most an eighth. So other requests always find a connection.
 */
export class StreamLimit {
  private readonly open = new Map<string, number>();
  private total = 0;
  private readonly perKey: number;
  private readonly all: number;

  /** @param maxConnections the server's limit of connections */
  constructor(maxConnections: number) {
    this.perKey = Math.max(FEWEST, Math.floor(maxConnections / 8));
    this.all = Math.max(FEWEST, Math.floor(maxConnections / 2));
  }

  /**
   * Counts a stream.
   *
   * @param owner the hash of the API key
   * @returns a function to call once when the stream has ended
   * @throws {ApiError} 429 when there are too many
   */
  enter(owner: string): () => void {
    const ofKey = this.open.get(owner) ?? 0;
    if (ofKey >= this.perKey || this.total >= this.all) {
      const limit = ofKey >= this.perKey ? `${this.perKey} of one API key` : `${this.all} of all API keys`;
      throw new ApiError(429, `Too many open event streams: at most ${limit}. Close one, or read the metrics by page`);
    }
    this.open.set(owner, ofKey + 1);
    this.total += 1;
    return () => {
      this.total -= 1;
      const rest = (this.open.get(owner) as number) - 1;
      if (rest > 0) this.open.set(owner, rest);
      else this.open.delete(owner);
    };
  }
}
