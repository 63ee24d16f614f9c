/** The number of slots in the hash table. Three quarters of them are used, since lookups in a fuller table are slow. */
const SLOTS = 2 ** 20;
const CAPACITY = 0.75 * SLOTS;

/** The result of adding a sample: new, not compared because the index is full, or the earlier place of the same sample. */
export type AddResult = "new" | "not compared" | Place;

/** Where a sample first occurs. */
export interface Place {
  /** The number of the file, as given by the caller. */
  fileNumber: number;
  /** The line number, from 1. */
  line: number;
}

/**
 * Finds duplicate samples by their 64-bit hashes. It allocates 16 MiB once and never grows: after `CAPACITY` (786,432) different
 * samples, it stores no new ones. In a file of that size, the probability that two different samples have the same hash is about
 * one in fifty million.
 *
 * @example
 * index.add(hash, { fileNumber: 0, line: 1 }); // "new"
 * index.add(hash, { fileNumber: 0, line: 2 }); // { fileNumber: 0, line: 1 }
 */
export class SampleIndex {
  /** Low half of the hash, high half, line, file. One table instead of four, since that causes fewer CPU cache misses. */
  private readonly entries = new Uint32Array(4 * SLOTS);
  private readonly searchedHash = new BigUint64Array(1);
  private readonly halves = new Uint32Array(this.searchedHash.buffer);
  private used = 0;

  /** Looks up a sample, and stores its place if it is new. */
  add(hash: bigint, { fileNumber, line }: Place): AddResult {
    const { entries, halves } = this;
    const entry = this.entryOf(hash);
    if (!this.isFree(entry)) return { fileNumber: entries[entry + 3] as number, line: entries[entry + 2] as number };
    if (this.isFull) return "not compared";
    entries[entry] = halves[0] as number;
    entries[entry + 1] = halves[1] as number;
    entries[entry + 2] = line;
    entries[entry + 3] = fileNumber;
    this.used++;
    return "new";
  }

  has(hash: bigint): boolean {
    return !this.isFree(this.entryOf(hash));
  }

  /** The number of stored samples. */
  get size(): number {
    return this.used;
  }

  get isFull(): boolean {
    return this.used >= CAPACITY;
  }

  /** Returns the entry of the hash, or the free entry where it belongs. Zero marks a free entry, so a hash of 0 is stored as 1. */
  private entryOf(hash: bigint): number {
    this.searchedHash[0] = hash || 1n;
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
