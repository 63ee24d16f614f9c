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
 * rows before. New jobs are left out, so that no row moves under the pointer.
 */
export function keepPlaces(shown: readonly Row[], jobs: readonly DashboardJob[]): { rows: Row[]; added: number } {
  const byId = new Map(jobs.map((job) => [job.id, job]));
  const rows = shown.map((row) => {
    const job = byId.get(row.job.id);
    return job === undefined ? { job: row.job, left: true } : { job, left: false };
  });
  const known = new Set(shown.map(({ job }) => job.id));
  return { rows, added: jobs.filter(({ id }) => !known.has(id)).length };
}

/** Returns the rows of a reply as they are. */
export const rowsOf = (jobs: readonly DashboardJob[]): Row[] => jobs.map((job) => ({ job, left: false }));

/** Says which jobs have another status than before, for screen readers: `support-bot: success`. */
export function statusChanges(before: readonly Row[], after: readonly Row[]): string {
  const statuses = new Map(before.map(({ job }) => [job.id, job.status]));
  return after
    .filter(({ job }) => (statuses.get(job.id) ?? job.status) !== job.status)
    .map(({ job }) => `${jobName(job)}: ${statusText(job.status)}`)
    .join(", ");
}
