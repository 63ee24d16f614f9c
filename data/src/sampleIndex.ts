/** Entries of the table; three quarters of it are used, since a fuller one is slow. */
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
 * Remembers samples by a hash of 64 bits, to find those that come twice. Its memory, 13 MiB, is taken at once and never grows:
 * past `CAPACITY` samples (786 432) new ones are no longer remembered. Two different samples have the same hash about once in
 * fifty million files of that size.
 */
export class SampleIndex {
  private readonly hashes = new BigUint64Array(SLOTS);
  private readonly lines = new Uint32Array(SLOTS);
  private readonly files = new Uint8Array(SLOTS);
  private used = 0;

  /** Looks a sample up, and remembers it with its place. */
  add(hash: bigint, { file, line }: Place): Seen {
    const slot = this.slotOf(hash);
    if (this.hashes[slot] !== 0n) return { file: this.files[slot] as number, line: this.lines[slot] as number };
    if (this.used >= CAPACITY) return "not compared";
    this.hashes[slot] = hash || 1n;
    this.lines[slot] = line;
    this.files[slot] = file;
    this.used++;
    return "new";
  }

  has(hash: bigint): boolean {
    return this.hashes[this.slotOf(hash)] !== 0n;
  }

  /** Samples that are remembered. */
  get size(): number {
    return this.used;
  }

  get isFull(): boolean {
    return this.used >= CAPACITY;
  }

  /** Where the hash is, or the free slot where it belongs. Zero marks a free slot, so that hash counts as one. */
  private slotOf(hash: bigint): number {
    const wanted = hash || 1n;
    let slot = Number(wanted & BigInt(SLOTS - 1));
    for (;;) {
      const there = this.hashes[slot];
      if (there === wanted || there === 0n) return slot;
      slot = (slot + 1) % SLOTS;
    }
  }
}
