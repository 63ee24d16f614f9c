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
 * Finds duplicate samples by their 64-bit hashes. Takes the halves of a hash, since creating a `bigint` and an object for each of
 * millions of samples makes the heap grow. It allocates 16 MiB once and never grows: after `CAPACITY` (786,432) different
 * samples, it stores no new ones. In a file of that size, the probability that two different samples have the same hash is about
 * one in fifty million.
 *
 * @example
 * index.add(low, high, 0, 1); // "new"
 * index.add(low, high, 0, 2); // { fileNumber: 0, line: 1 }
 */
export class SampleIndex {
  /** Low half of the hash, high half, line, file. One table instead of four, since that causes fewer CPU cache misses. */
  private readonly entries = new Uint32Array(4 * SLOTS);
  private used = 0;

  /** Looks up a sample, and stores its place if it is new. */
  add(low: number, high: number, fileNumber: number, line: number): AddResult {
    const { entries } = this;
    const entry = this.entryOf(low, high);
    if (!this.isFree(entry)) return { fileNumber: entries[entry + 3] as number, line: entries[entry + 2] as number };
    if (this.isFull) return "not compared";
    entries[entry] = this.stored(low, high);
    entries[entry + 1] = high;
    entries[entry + 2] = line;
    entries[entry + 3] = fileNumber;
    this.used++;
    return "new";
  }

  has(low: number, high: number): boolean {
    return !this.isFree(this.entryOf(low, high));
  }

  /** The number of stored samples. */
  get size(): number {
    return this.used;
  }

  get isFull(): boolean {
    return this.used >= CAPACITY;
  }

  /** Returns the entry of the hash, or the free entry where it belongs. Zero marks a free entry, so a hash of 0 is stored as 1. */
  private entryOf(low: number, high: number): number {
    const stored = this.stored(low, high);
    let entry = 4 * (stored % SLOTS);
    while (!this.isFree(entry) && (this.entries[entry] !== stored || this.entries[entry + 1] !== high)) {
      entry = (entry + 4) % (4 * SLOTS);
    }
    return entry;
  }

  private stored(low: number, high: number): number {
    return low === 0 && high === 0 ? 1 : low;
  }

  private isFree(entry: number): boolean {
    return this.entries[entry] === 0 && this.entries[entry + 1] === 0;
  }
}
