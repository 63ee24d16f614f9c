const EMPTY = -1;

/** At most this share of the slots of the hash table is used. */
const MAX_LOAD = 0.75;
const MIN_SLOTS = 1024;

/** A first-in, first-out queue of numbers for each key. Typed arrays, because a Map would need ten times the memory. */
export class KeyedQueues {
  private readonly slots: number;
  private readonly keys: Float64Array;
  /** The first and last entry of each slot's queue; `EMPTY` when the queue is empty. */
  private readonly heads: Int32Array;
  private readonly tails: Int32Array;
  private numbers = new Int32Array(2 ** 16);
  private next = new Int32Array(2 ** 16);
  private entries = 0;

  /** @param maxKeys the largest number of different keys */
  constructor(maxKeys: number) {
    this.slots = Math.max(MIN_SLOTS, 2 ** Math.ceil(Math.log2(maxKeys / MAX_LOAD)));
    this.keys = new Float64Array(this.slots);
    this.heads = new Int32Array(this.slots).fill(EMPTY);
    this.tails = new Int32Array(this.slots).fill(EMPTY);
  }

  clear(): void {
    this.keys.fill(0);
    this.heads.fill(EMPTY);
    this.tails.fill(EMPTY);
    this.entries = 0;
  }

  /** Creates the key's queue, if there is none. */
  addKey(key: number): number {
    const slot = this.slotOf(key);
    this.keys[slot] = key;
    return slot;
  }

  has(key: number): boolean {
    return this.keys[this.slotOf(key)] === key;
  }

  add(key: number, number: number): void {
    const slot = this.addKey(key);
    if (this.entries === this.numbers.length) this.grow();
    const entry = this.entries++;
    this.numbers[entry] = number;
    this.next[entry] = EMPTY;
    if (this.heads[slot] === EMPTY) this.heads[slot] = entry;
    else this.next[this.tails[slot] as number] = entry;
    this.tails[slot] = entry;
  }

  /** Removes and returns the first number of the key's queue; undefined when there is none. */
  take(key: number): number | undefined {
    const slot = this.slotOf(key);
    const entry = this.heads[slot] as number;
    if (this.keys[slot] !== key || entry === EMPTY) return undefined;
    this.heads[slot] = this.next[entry] as number;
    return this.numbers[entry];
  }

  private grow(): void {
    const larger = (array: Int32Array<ArrayBuffer>) => {
      const copy = new Int32Array(2 * array.length);
      copy.set(array);
      return copy;
    };
    this.numbers = larger(this.numbers);
    this.next = larger(this.next);
  }

  /** Returns the slot of the key, or the free slot for it. Keys are hashes, so their low bits are evenly distributed. */
  private slotOf(key: number): number {
    let slot = key % this.slots;
    while (this.keys[slot] !== 0 && this.keys[slot] !== key) slot = (slot + 1) % this.slots;
    return slot;
  }
}
