/** The most values that are kept. Each search text has its own. */
const MAX_VALUES = 200;

interface Kept<Value> {
  value: Value;
  revision: number;
  /** On the clock of `performance.now()`. */
  until: number;
}

/**
 * Keeps values for a short time, because many open pages ask for the same list again and again. A value ends earlier when
 * the revision changes: whoever cancels a job sees the new status in the next list.
 */
export class Recent<Value> {
  private readonly values = new Map<string, Kept<Value>>();

  /** @param maxAge in milliseconds */
  constructor(private readonly maxAge: number) {}

  get(key: string, revision: number): Value | undefined {
    const kept = this.values.get(key);
    return kept?.revision === revision && performance.now() < kept.until ? kept.value : undefined;
  }

  /** Call it when everything that the value was read from is durable. */
  set(key: string, revision: number, value: Value): void {
    if (this.values.size >= MAX_VALUES && !this.values.has(key)) this.values.clear();
    this.values.set(key, { value, revision, until: performance.now() + this.maxAge });
  }
}
