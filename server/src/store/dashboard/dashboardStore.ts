import type { Caller } from "../../domain/caller";
import type { JobStatus } from "../../domain/status";
import type { Database } from "../database";
import { limitAndOffset, type Page, SqlConditions } from "../sqlConditions";

/** Undefined fields match all jobs. */
export interface DashboardFilter extends Page {
  status?: readonly JobStatus[] | undefined;
  model?: string | undefined;
  /** A part of the suffix, the ID, the base model, the model or the owner's name. Ignores the case of ASCII letters. */
  search?: string | undefined;
  /** Only jobs of the caller's key. */
  mine: boolean;
}

export interface DashboardPage {
  /** The IDs of the page's jobs, newest first. */
  ids: string[];
  total: number;
  /** Of the jobs that match the filter without its statuses. */
  counts: Partial<Record<JobStatus, number>>;
}

/** The most models that a list names. A workspace may have as many models as jobs. */
const MAX_MODELS = 1000;

/** Finds the jobs of the page's list. */
export class DashboardStore {
  constructor(private readonly database: Database) {}

  /**
   * Returns a page of the caller's workspace.
   *
   * @param ownersOf returns the owners whose names contain a text
   */
  find(
    { status, model, search, mine, ...page }: DashboardFilter,
    { workspace, owner }: Caller,
    ownersOf: (search: string) => string[],
  ): DashboardPage {
    const conditions = new SqlConditions()
      .and("workspace = ?", workspace)
      .and("model = ?", model)
      .and("owner = ?", mine ? owner : undefined);
    if (search !== undefined) {
      const pattern = `%${search.replaceAll(/[\\%_]/g, "\\$&")}%`;
      conditions.and(SEARCH, ...SEARCHED.map(() => pattern), JSON.stringify(ownersOf(search)));
    }
    const wanted = new SqlConditions().andIn("status", status);
    // A search reads all jobs, so it reads them once. Otherwise each part uses its own index.
    const row = this.database
      .prepare(
        `WITH found AS ${search === undefined ? "NOT MATERIALIZED" : "MATERIALIZED"} (
           SELECT seq, id, status, created_at FROM jobs ${conditions.sql}
         ) SELECT
           (SELECT json_group_object(status, jobs) FROM (
             SELECT status, count(*) AS jobs FROM found GROUP BY status
           )) AS counts,
           (SELECT json_group_array(id) FROM (
             SELECT id FROM found ${wanted.sql} ORDER BY created_at DESC, seq DESC LIMIT ? OFFSET ?
           )) AS ids`,
      )
      .get(...conditions.values, ...wanted.values, ...limitAndOffset(page)) as { counts: string; ids: string };
    const counts: DashboardPage["counts"] = JSON.parse(row.counts);
    const total = Object.entries(counts)
      .filter(([each]) => status?.includes(each as JobStatus) ?? true)
      .reduce((sum, [, jobs]) => sum + jobs, 0);
    return { ids: JSON.parse(row.ids), total, counts };
  }

  /** Returns the models that the jobs of a workspace train, in alphabetical order: at most 1000. */
  models(workspace: string): string[] {
    return this.distinct("model", workspace, MAX_MODELS);
  }

  /** Returns the hashes of the keys that have created jobs of a workspace. */
  owners(workspace: string): string[] {
    return this.distinct("owner", workspace, Number.MAX_SAFE_INTEGER);
  }

  /** Reads one entry of the column's index for each value, not for each job. */
  private distinct(column: "model" | "owner", workspace: string, limit: number): string[] {
    const next = (after: string) => `SELECT min(${column}) FROM jobs WHERE workspace = ?1 ${after}`;
    const rows = this.database
      .prepare(
        `WITH RECURSIVE found (value) AS (
           SELECT (${next("")})
           UNION ALL SELECT (${next(`AND ${column} > value`)}) FROM found WHERE value IS NOT NULL LIMIT ?2
         ) SELECT value FROM found WHERE value IS NOT NULL`,
      )
      .all(workspace, limit) as { value: string }[];
    return rows.map(({ value }) => value);
  }
}

const SEARCHED = ["suffix", "id", "model", "fine_tuned_model"];

/** LIKE takes half the time of `instr(lower(…), lower(…))`. */
const SEARCH = `${SEARCHED.map((column) => `${column} LIKE ? ESCAPE '\\'`).join(" OR ")}
  OR owner IN (SELECT value FROM json_each(?))`;
