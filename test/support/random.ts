/** A stream of numbers from 0 to 1 that a seed determines (mulberry32): the same ones in every run. */
export class Random {
  private state: number;

  /** @param stream tells apart what draws from the same seed */
  constructor(seed: number, stream = 0) {
    this.state = Math.imul(seed + 1, 0x9e3779b1) ^ Math.imul(stream + 1, 0x85ebca6b);
  }

  next(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let bits = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits;
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number; both ends are among them. */
  integer(least: number, most: number): number {
    return least + Math.floor(this.next() * (most - least + 1));
  }

  /** Small ones are as frequent as large ones: as many from 1 to 2 as from 10 to 20. */
  logarithmic(least: number, most: number): number {
    return least * (most / least) ** this.next();
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }
}
