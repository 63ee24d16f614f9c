/** A deterministic stream of random numbers (mulberry32): the same seed gives the same numbers in every run. */
export class Random {
  private state: number;

  /** @param stream selects one of several independent streams of the same seed */
  constructor(seed: number, stream = 0) {
    this.state = Math.imul(seed + 1, 0x9e3779b1) ^ Math.imul(stream + 1, 0x85ebca6b);
  }

  /** Returns a number from 0 (inclusive) to 1 (exclusive). */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let bits = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits;
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  }

  /** Returns an integer from `least` to `most`, both inclusive. */
  integer(least: number, most: number): number {
    return least + Math.floor(this.next() * (most - least + 1));
  }

  /** Returns a log-uniform number: values from 1 to 2 are as frequent as values from 10 to 20. */
  logarithmic(least: number, most: number): number {
    return least * (most / least) ** this.next();
  }

  /** Returns true with the given probability. */
  chance(probability: number): boolean {
    return this.next() < probability;
  }
}
