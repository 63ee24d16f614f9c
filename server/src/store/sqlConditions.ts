/** The conditions of a query, with their values. Only what is given is asked for. */
export class SqlConditions {
  private readonly conditions: string[] = [];
  private readonly parameters: unknown[] = [];

  /** Adds `condition`, with a `?` for each value, unless the first of them is undefined. */
  and(condition: string, ...values: unknown[]): this {
    if (values[0] !== undefined) {
      this.conditions.push(`(${condition})`);
      this.parameters.push(...values);
    }
    return this;
  }

  /** Adds `column IN (values)`, unless they are undefined. */
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

/** LIMIT and OFFSET of a page. A page beyond all numbers is an empty one. */
export function limitAndOffset({ page, page_size }: Page): [limit: number, offset: number] {
  return [page_size, Math.min(page * page_size, Number.MAX_SAFE_INTEGER)];
}
