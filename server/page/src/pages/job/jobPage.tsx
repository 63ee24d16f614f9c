import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { DashboardJobDetail } from "#common";
import { isTerminal } from "#common/jobStatus";
import { useResource } from "../../api/useResource";
import { useLiveCurves } from "../../charts/useLiveCurves";
import { ErrorBox } from "../../components/errorBox";
import { focusHeading } from "../../focusHeading";
import { jobName, shortId } from "../../format";
import { useTitle } from "../../useTitle";
import { EvaluationSection } from "./evaluation/evaluationSection";
import { JobCharts } from "./jobCharts";
import { JobHead } from "./jobHead";
import { Checkpoints, Events, Timeline } from "./jobRecords";
import type { JobReply } from "./jobReply";
import { DataSummary, Hyperparameters } from "./jobSettings";
import "../../styles/charts.css";
import "../../styles/job.css";

/** The progress of a running job is read again after this long, in milliseconds: the points arrive by themselves. */
const INTERVAL = 3000;

/** A job: what it is, how its training goes, and what has come of it. */
export function JobPage({ id }: { id: string }) {
  // A new job, a new page: nothing of another job is shown meanwhile.
  return <Job key={id} id={id} />;
}

function Job({ id }: { id: string }) {
  const encoded = encodeURIComponent(id);
  const hasEnded = useRef(false);
  const isHeadingFocused = useRef(false);
  const detail = useResource<DashboardJobDetail>(
    `v1/fine_tuning/dashboard/jobs/${encoded}`,
    hasEnded.current ? undefined : INTERVAL,
  );
  const job = useResource<JobReply>(`v1/fine_tuning/jobs/${encoded}`);
  const reload = () => {
    detail.reload();
    job.reload();
  };
  const { curves, error: curvesError, isConnectionLost, reload: reloadCurves } = useLiveCurves(id, reload);
  hasEnded.current = detail.data !== undefined && isTerminal(detail.data.status);

  const name = detail.data === undefined ? shortId(id) : jobName(detail.data);
  const status = detail.data?.status;
  useTitle(status === undefined ? name : `${name}: ${status.replaceAll("_", " ").toLowerCase()}`);
  // The loaded job has another heading, which takes the focus of the first one.
  const isLoaded = detail.data !== undefined;
  useEffect(() => {
    if (isLoaded && isHeadingFocused.current) focusHeading();
  }, [isLoaded]);
  // The status of the list is newer when the stream is not open.
  useEffect(() => {
    if (status !== undefined && status !== job.data?.status) job.reload();
  }, [status]);

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
        {detail.error === undefined ? (
          <p class="muted">Loading the job …</p>
        ) : (
          <ErrorBox error={detail.error} retry={reload} />
        )}
      </>
    );
  }
  return (
    <article class="job">
      <JobHead detail={detail.data} job={job.data} isConnectionLost={isConnectionLost} onChange={reload} />
      <section aria-labelledby="curves">
        <h2 id="curves" class="hidden">
          Curves
        </h2>
        {curvesError !== undefined && <ErrorBox error={curvesError} retry={reloadCurves} />}
        {curves !== undefined && <JobCharts curves={curves} hasEnded={hasEnded.current} />}
      </section>
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

function Panel({ id, title, children }: { id: string; title: string; children: ComponentChildren }) {
  return (
    <section class="panel" aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      {children}
    </section>
  );
}
