/** Builds a WHERE clause and its parameters. Skips conditions whose value is undefined. */
export class SqlConditions {
  private readonly conditions: string[] = [];
  private readonly parameters: unknown[] = [];

  /** Adds `condition`, which has a `?` for each value. Does nothing when the first value is undefined. */
  and(condition: string, ...values: unknown[]): this {
    if (values[0] !== undefined) {
      this.conditions.push(`(${condition})`);
      this.parameters.push(...values);
    }
    return this;
  }

  /** Adds `column IN (values)`. Does nothing when `values` is undefined. */
  andIn(column: string, values: readonly unknown[] | undefined): this {
    return values === undefined
      ? this
      : this.and(`${column} IN (SELECT value FROM json_each(?))`, JSON.stringify(values));
  }

  get sql(): string {
    return this.conditions.length === 0 ? "" : `WHERE ${this.conditions.join(" AND ")}`;
  }

  get values(): unknown[] {
    return this.parameters;
  }
}

export interface Page {
  page: number;
  page_size: number;
}

/** Returns LIMIT and OFFSET of a page. Caps the offset at the largest safe integer, where every page is empty. */
export function limitAndOffset({ page, page_size }: Page): [limit: number, offset: number] {
  return [page_size, Math.min(page * page_size, Number.MAX_SAFE_INTEGER)];
}
