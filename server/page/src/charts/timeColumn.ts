/**
 * The times of a growing column of whole seconds. Rows of the same second are spread over it, because a training may report
 * many steps per second.
 */
export class TimeColumn {
  /** Ascending. */
  readonly values: number[] = [];

  /** @param origin subtracted from all times */
  constructor(
    private readonly source: readonly number[],
    private readonly origin = 0,
  ) {
    this.update(0);
  }

  /** @param from the first row of the source that has changed */
  update(from: number): void {
    const { source, values, origin } = this;
    let start = Math.min(from, source.length);
    // The rows before may belong to the same second.
    while (start > 0 && source[start - 1] === source[Math.min(from, source.length - 1)]) start -= 1;
    if (start > 0) start = startOfSecond(source, start - 1);
    values.length = start;
    while (start < source.length) {
      const second = source[start] as number;
      let end = start + 1;
      while (source[end] === second) end += 1;
      // A clock may be set back.
      const floor = values.at(-1) ?? Number.NEGATIVE_INFINITY;
      for (let row = start; row < end; row++) {
        values.push(Math.max(floor, second - origin + (row - start) / (end - start)));
      }
      start = end;
    }
  }
}

function startOfSecond(source: readonly number[], row: number): number {
  let start = row;
  while (start > 0 && source[start - 1] === source[row]) start -= 1;
  return start;
}
