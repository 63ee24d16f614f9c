import { useCallback, useEffect, useState } from "preact/hooks";
import type { DashboardCurves, DashboardJobDetail } from "#common";
import { isTerminal } from "#common/jobStatus";
import { get, RequestError } from "../../api/request";
import { loadCurves } from "../../charts/curveStream";
import type { JobReply } from "../job/jobReply";

/** What the comparison knows about a job. */
export interface LoadedJob {
  id: string;
  detail: DashboardJobDetail;
  job: JobReply;
  curves: DashboardCurves;
}

export interface ComparedJobs {
  /** In the order of the IDs. Undefined while they are loaded. */
  jobs: LoadedJob[] | undefined;
  /** The jobs that could not be loaded. */
  failed: { id: string; error: RequestError }[];
  reload(): void;
}

/** Running jobs are read again after this long, in milliseconds. */
const INTERVAL = 5000;

/** Loads jobs to compare, and those again that run. */
export function useComparedJobs(ids: readonly string[]): ComparedJobs {
  const key = ids.join(",");
  const [state, setState] = useState<Omit<ComparedJobs, "reload">>({ jobs: undefined, failed: [] });
  const [turn, setTurn] = useState(0);

  useEffect(() => {
    const abort = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const known = new Map<string, LoadedJob>();
    const load = async () => {
      const failed: ComparedJobs["failed"] = [];
      // A hidden page waits. What has ended is not read again.
      const isSeen = document.visibilityState === "visible" || known.size === 0;
      const unknown = ids.filter((id) => isSeen && !isTerminal(known.get(id)?.curves.status ?? ""));
      await Promise.all(
        unknown.map(async (id) => {
          try {
            known.set(id, await loadJob(id, abort.signal));
          } catch (error) {
            if (error instanceof RequestError) failed.push({ id, error });
          }
        }),
      );
      if (abort.signal.aborted) return;
      if (unknown.length > 0) setState({ jobs: ids.flatMap((id) => known.get(id) ?? []), failed });
      if (ids.some((id) => known.has(id) && !isTerminal(known.get(id)?.curves.status ?? ""))) {
        timer = setTimeout(load, INTERVAL);
      }
    };
    void load();
    return () => {
      abort.abort();
      clearTimeout(timer);
    };
  }, [key, turn]);

  const reload = useCallback(() => setTurn((count) => count + 1), []);
  return { ...state, reload };
}

async function loadJob(id: string, signal: AbortSignal): Promise<LoadedJob> {
  const encoded = encodeURIComponent(id);
  const [detail, job, curves] = await Promise.all([
    get<DashboardJobDetail>(`v1/fine_tuning/dashboard/jobs/${encoded}`, signal),
    get<JobReply>(`v1/fine_tuning/jobs/${encoded}`, signal),
    loadCurves(id, signal),
  ]);
  return { id, detail, job, curves };
}
