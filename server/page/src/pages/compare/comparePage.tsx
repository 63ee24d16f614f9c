import { useMemo } from "preact/hooks";
import { useLocation } from "preact-iso";
import { ErrorBox } from "../../components/errorBox";
import { Loading } from "../../components/loading";
import { shortId } from "../../format";
import { path } from "../../links";
import { useTitle } from "../../useTitle";
import { MAX_COMPARED } from "../jobs/query";
import { CompareCharts } from "./compareCharts";
import { CompareTable } from "./compareTable";
import { jobLabels, propertiesOf } from "./differences";
import { selectedJobs } from "./selectedJobs";
import { useComparedJobs } from "./useComparedJobs";
import "../../styles/charts.css";
import "../../styles/job.css";
import "../../styles/compare.css";

/** Compares 2 to 8 jobs: their losses in one chart, and what differs between them. */
export function ComparePage() {
  const { query } = useLocation();
  const ids = useMemo(() => selectedJobs(query.jobs), [query.jobs]);
  const { jobs, failed, reload } = useComparedJobs(ids);
  const compared = useMemo(() => (jobs ?? []).filter(({ id }) => ids.includes(id)), [jobs, ids]);
  const declared = useMemo(() => compared.map(({ job, detail }) => ({ job, files: detail.files })), [compared]);
  const labels = useMemo(() => jobLabels(declared), [declared]);
  const properties = useMemo(() => propertiesOf(declared), [declared]);
  const isSimulated = compared.some(({ detail }) => detail.simulated);
  useTitle(`Comparison of ${ids.length} jobs`);

  return (
    <article class="compare">
      <h1 tabIndex={-1}>Comparison</h1>
      {isSimulated && (
        <p class="simulated" role="note">
          {compared.every(({ detail }) => detail.simulated) ? "These jobs are" : "Some of these jobs are"} simulated: no
          model was trained, and their figures are made up.
        </p>
      )}
      {failed.map(({ id, error }) => (
        <div key={id}>
          <p>The job {shortId(id)} could not be loaded.</p>
          <ErrorBox error={error} retry={reload} />
        </div>
      ))}
      {ids.length < 2 && (
        <p>
          Select 2 to {MAX_COMPARED} jobs in the <a href={path("")}>list of jobs</a>, then choose “Compare”.
        </p>
      )}
      {ids.length > 0 && jobs === undefined && <Loading />}
      {compared.length > 0 && (
        <>
          <section aria-labelledby="curves">
            <h2 id="curves" class="hidden">
              Curves
            </h2>
            <CompareCharts jobs={compared} labels={labels} />
          </section>
          <section class="panel" aria-labelledby="table">
            <h2 id="table">Side by side</h2>
            <CompareTable jobs={compared} properties={properties} />
          </section>
        </>
      )}
    </article>
  );
}
