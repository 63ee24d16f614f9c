import { MAX_COMPARED } from "../jobs/query";

/** Reads the IDs of the query `jobs=A,B`, each once, and at most 8. */
export function selectedJobs(jobs: string | undefined): string[] {
  const ids = (jobs ?? "").split(",").map((id) => id.trim());
  return [...new Set(ids.filter((id) => id !== ""))].slice(0, MAX_COMPARED);
}
