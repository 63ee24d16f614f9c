import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { DashboardJobDetail, JobStatus } from "#common";
import { isTerminal } from "#common/jobStatus";
import { type Resource, useResource } from "../../api/useResource";
import { useLiveCurves } from "../../charts/useLiveCurves";
import { ErrorBox } from "../../components/errorBox";
import { LoadError } from "../../components/loadError";
import { Loading } from "../../components/loading";
import { focusHeading } from "../../focusHeading";
import { jobName, shortId, statusText } from "../../format";
import { useTitle } from "../../useTitle";
import { EvaluationSection } from "./evaluation/evaluationSection";
import { JobCharts } from "./jobCharts";
import { JobHead } from "./jobHead";
import { Checkpoints, Events, Timeline } from "./jobRecords";
import type { JobReply } from "./jobReply";
import { DataSummary, Hyperparameters } from "./jobSettings";
import "../../styles/charts.css";
import "../../styles/job.css";

/** A running job is read again after this long, in milliseconds: only the points arrive by themselves. */
const INTERVAL = { progress: 3000, records: 10_000 };

/** A job: what it is, how its training goes, and its results. */
export function JobPage({ id }: { id: string }) {
  // A new job, a new page: nothing of another job is shown meanwhile.
  return <Job key={id} id={id} />;
}

function Job({ id }: { id: string }) {
  const encoded = encodeURIComponent(id);
  const isHeadingFocused = useRef(false);
  const detail = useUntilEnd<DashboardJobDetail>(`v1/fine_tuning/dashboard/jobs/${encoded}`, INTERVAL.progress);
  const job = useUntilEnd<JobReply>(`v1/fine_tuning/jobs/${encoded}`, INTERVAL.records);
  const reload = () => {
    detail.reload();
    job.reload();
  };
  const { curves, error: curvesError, isConnectionLost, reload: reloadCurves } = useLiveCurves(id, reload);

  const name = detail.data === undefined ? shortId(id) : jobName(detail.data);
  const status = detail.data?.status;
  useTitle(status === undefined ? name : `${name}: ${statusText(status)}`);
  // The loaded job has another heading, which takes the focus of the first one.
  const isLoaded = detail.data !== undefined;
  useEffect(() => {
    if (isLoaded && isHeadingFocused.current) focusHeading();
  }, [isLoaded]);
  // The progress is read more often: it may know a newer status when the stream is not open.
  const recordedStatus = job.data?.status;
  useEffect(() => {
    if (status !== undefined && recordedStatus !== undefined && status !== recordedStatus) job.reload();
  }, [status, recordedStatus]);

  if (detail.data === undefined) {
    return (
      <>
        <h1
          tabIndex={-1}
          onFocus={() => {
            isHeadingFocused.current = true;
          }}
        >
          Job {shortId(id)}
        </h1>
        {detail.error === undefined ? <Loading /> : <ErrorBox error={detail.error} retry={reload} />}
      </>
    );
  }
  return (
    <article class="job">
      <LoadError {...detail} />
      <JobHead detail={detail.data} job={job.data} isConnectionLost={isConnectionLost} onChange={reload} />
      <section aria-labelledby="curves">
        <h2 id="curves" class="hidden">
          Curves
        </h2>
        {curvesError !== undefined && <ErrorBox error={curvesError} retry={reloadCurves} />}
        {curves !== undefined && <JobCharts curves={curves} hasEnded={isTerminal(detail.data.status)} />}
      </section>
      {/* One message over the page is enough. */}
      {(job.data === undefined || detail.error === undefined) && <LoadError {...job} />}
      {job.data === undefined && job.error === undefined && <Loading />}
      {job.data !== undefined && (
        <>
          <EvaluationSection job={job.data} hasSamples={detail.data.has_samples} />
          <div class="panels">
            <Panel id="timeline" title="Status timeline">
              <Timeline job={job.data} />
            </Panel>
            <Panel id="events" title="Events">
              <Events job={job.data} />
            </Panel>
            <Panel id="hyperparameters" title="Hyperparameters">
              <Hyperparameters job={job.data} />
            </Panel>
            <Panel id="data" title="Data">
              <DataSummary job={job.data} files={detail.data.files} />
            </Panel>
          </div>
          <Panel id="checkpoints" title="Checkpoints">
            <Checkpoints job={job.data} />
          </Panel>
        </>
      )}
    </article>
  );
}

/** Loads a reply about a job again until the job has ended. */
function useUntilEnd<Reply extends { status: JobStatus }>(route: string, interval: number): Resource<Reply> {
  const [isComplete, setComplete] = useState(false);
  const resource = useResource<Reply>(route, isComplete ? undefined : interval);
  const { data, error } = resource;
  useEffect(() => {
    setComplete(data !== undefined && error === undefined && isTerminal(data.status));
  }, [data, error]);
  return resource;
}

function Panel({ id, title, children }: { id: string; title: string; children: ComponentChildren }) {
  return (
    <section class="panel" aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      {children}
    </section>
  );
}
