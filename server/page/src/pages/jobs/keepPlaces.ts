import type { DashboardJob } from "#common/dashboard";
import { jobName, statusText } from "../../format";

/** A row of the list. */
export interface Row {
  job: DashboardJob;
  /** The newest reply no longer has the job: its status changed, or newer jobs moved it to the next page. */
  left: boolean;
}

/**
 * Returns the rows of the list while somebody reads it: the jobs of the last reply, in the order and at the places of the
 * rows before. Other jobs are left out, so that no row moves under the pointer: `added` counts them, `newer` those before
 * all rows.
 */
export function keepPlaces(
  shown: readonly Row[],
  jobs: readonly DashboardJob[],
): { rows: Row[]; added: number; newer: number } {
  const byId = new Map(jobs.map((job) => [job.id, job]));
  const rows = shown.map((row) => {
    const job = byId.get(row.job.id);
    return job === undefined ? { job: row.job, left: true } : { job, left: false };
  });
  const known = new Set(shown.map(({ job }) => job.id));
  const added = jobs.filter(({ id }) => !known.has(id)).length;
  const firstKnown = jobs.findIndex(({ id }) => known.has(id));
  return { rows, added, newer: firstKnown === -1 ? added : firstKnown };
}

/** Returns the rows of a reply as they are. */
export const rowsOf = (jobs: readonly DashboardJob[]): Row[] => jobs.map((job) => ({ job, left: false }));

/** What a row says in place of the status of a job that has left the list. */
export const LEFT = "no longer on this page of the list";

/** Says which jobs have another status than before or have left the list, for screen readers: `support-bot: success`. */
export function statusChanges(before: readonly Row[], after: readonly Row[]): string {
  const known = new Map(before.map((row) => [row.job.id, stateOf(row)]));
  return after
    .filter((row) => (known.get(row.job.id) ?? stateOf(row)) !== stateOf(row))
    .map((row) => `${jobName(row.job)}: ${stateOf(row)}`)
    .join(", ");
}

const stateOf = ({ job, left }: Row): string => (left ? LEFT : statusText(job.status));
