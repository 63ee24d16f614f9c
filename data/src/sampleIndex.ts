/** Places in the table; three quarters of them are used, since a fuller one is slow. */
const SLOTS = 2 ** 20;
const CAPACITY = 0.75 * SLOTS;

/** What the index knows of a sample. */
export type Seen = "new" | "not compared" | Place;

/** Where a sample was met first. */
export interface Place {
  /** Number of the file, as the caller counts. */
  file: number;
  /** From 1. */
  line: number;
}

/**
 * Remembers samples by a hash of 64 bits, to find those that come twice. Its memory, 16 MiB, is taken at once and never grows:
 * past `CAPACITY` samples (786 432) new ones are no longer remembered. Two different samples have the same hash about once in
 * fifty million files of that size.
 */
export class SampleIndex {
  /** The low and the high half of each hash, its line and its file, side by side: more tables would miss the CPU's cache more. */
  private readonly entries = new Uint32Array(4 * SLOTS);
  private readonly wanted = new BigUint64Array(1);
  private readonly halves = new Uint32Array(this.wanted.buffer);
  private used = 0;

  /** Looks a sample up, and remembers it with its place. */
  add(hash: bigint, { file, line }: Place): Seen {
    const { entries, halves } = this;
    const entry = this.entryOf(hash);
    if (!this.isFree(entry)) return { file: entries[entry + 3] as number, line: entries[entry + 2] as number };
    if (this.isFull) return "not compared";
    entries[entry] = halves[0] as number;
    entries[entry + 1] = halves[1] as number;
    entries[entry + 2] = line;
    entries[entry + 3] = file;
    this.used++;
    return "new";
  }

  has(hash: bigint): boolean {
    return !this.isFree(this.entryOf(hash));
  }

  /** Samples that are remembered. */
  get size(): number {
    return this.used;
  }

  get isFull(): boolean {
    return this.used >= CAPACITY;
  }

  /** Where the hash is, or the free place where it belongs. Zero marks that, so a hash of zero counts as one. */
  private entryOf(hash: bigint): number {
    this.wanted[0] = hash || 1n;
    const low = this.halves[0] as number;
    const high = this.halves[1] as number;
    let entry = 4 * (low % SLOTS);
    while (!this.isFree(entry) && (this.entries[entry] !== low || this.entries[entry + 1] !== high)) {
      entry = (entry + 4) % (4 * SLOTS);
    }
    return entry;
  }

  private isFree(entry: number): boolean {
    return this.entries[entry] === 0 && this.entries[entry + 1] === 0;
  }
}
