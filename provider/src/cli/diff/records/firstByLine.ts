/** A number of items, and the first of them in the order of their lines. */
export interface Listed<Item> {
  count: number;
  first: Item[];
}

/** Counts items, and keeps those with the lowest lines. The items may come in any order. */
export class FirstByLine<Item> {
  count = 0;
  private readonly items: Item[] = [];

  constructor(
    private readonly limit: number,
    private readonly lineOf: (item: Item) => number,
  ) {}

  add(item: Item): void {
    this.count++;
    if (this.wants(this.lineOf(item))) this.keep(item);
  }

  /** Whether an item with this line would be kept. */
  wants(line: number): boolean {
    const last = this.items.at(-1);
    return this.items.length < this.limit || (last !== undefined && line < this.lineOf(last));
  }

  /** Keeps an item without counting it. */
  keep(item: Item): void {
    this.items.push(item);
    this.items.sort((a, b) => this.lineOf(a) - this.lineOf(b));
    this.items.length = Math.min(this.items.length, this.limit);
  }

  get listed(): Listed<Item> {
    return { count: this.count, first: this.items };
  }
}
