import type { DashboardJob } from "#common/dashboard";
import { formatCount } from "#common/format";
import { isTerminal, isTraining } from "#common/jobStatus";
import { visibleText } from "#common/visibleText";
import { CopyButton } from "../../components/copyButton";
import { Sparkline } from "../../components/sparkline";
import { Status } from "../../components/status";
import { Ago } from "../../components/time";
import { duration, formatLoss, jobName, money, shortId } from "../../format";
import { jobPath } from "../../links";
import { LEFT, type Row } from "./keepPlaces";

interface Props extends Row {
  isSelected: boolean;
  canSelect: boolean;
  onSelect(): void;
}

/** A row of the table; a card on phones. */
export function JobRow({ job, left, isSelected, canSelect, onSelect }: Props) {
  const name = jobName(job);
  return (
    <tr>
      <td class="job-select">
        <input
          type="checkbox"
          aria-label={`Select ${name} for comparison`}
          checked={isSelected}
          disabled={!isSelected && !canSelect}
          onChange={onSelect}
        />
      </td>
      <th scope="row" class="job-name">
        <a href={jobPath(job.id)}>{name}</a>
        <small>
          <code title={job.id}>{shortId(job.id)}</code>
          <CopyButton text={job.id} label="Copy job ID" />
          {job.simulated && <span class="badge badge-simulated">simulated</span>}
        </small>
      </th>
      <td class="job-status">{left ? <small class="job-reason">{LEFT}</small> : <Current job={job} name={name} />}</td>
      <td data-label="Model" class="job-model">
        {visibleText(job.model)}
      </td>
      <td data-label="Loss" class="job-loss">
        <Sparkline values={job.sparkline} />
        <Losses job={job} />
      </td>
      <td data-label="Time" class="number">
        {left ? <None /> : timeOf(job)}
      </td>
      <td data-label="Cost" class="number">
        {job.cost === undefined ? <None /> : money(job.cost, job.cost_currency)}
      </td>
      <td data-label="Owner" class="job-owner">
        {visibleText(job.owner)}
      </td>
      <td data-label="Created" class="number">
        <Ago seconds={job.created_at} />
      </td>
    </tr>
  );
}

const None = () => <span class="muted">–</span>;

/** What is only true now. The page is not told it of a job that has left the list. */
function Current({ job, name }: { job: DashboardJob; name: string }) {
  return (
    <>
      <Status status={job.status} />
      <Progress job={job} name={name} />
      {job.reason !== undefined && (
        <small class="job-reason" title={visibleText(job.reason)}>
          {visibleText(job.reason)}
        </small>
      )}
    </>
  );
}

function Progress({ job, name }: { job: DashboardJob; name: string }) {
  const { status, progress_percentage: share, current_step: step, total_steps: total } = job;
  if (share === undefined || !isTraining(status)) return null;
  const steps =
    step !== undefined && total !== undefined ? `Step ${formatCount(step)} of ${formatCount(total)}` : undefined;
  return (
    <span class="job-progress" title={steps}>
      <progress max={100} value={share} aria-label={`Progress of ${name}`} />
      <span>{Math.floor(share)} %</span>
    </span>
  );
}

function Losses({ job: { train_loss: training, valid_loss: validation } }: { job: DashboardJob }) {
  if (training === undefined && validation === undefined) return <span class="losses muted">–</span>;
  return (
    <span class="losses">
      {training !== undefined && <span title="Training loss">{formatLoss(training)}</span>}
      {validation !== undefined && (
        <small>
          <abbr title="Validation loss">val</abbr> {formatLoss(validation)}
        </small>
      )}
    </span>
  );
}

function timeOf({ status, remaining_seconds: remaining, started_at: start, ended_at: end }: DashboardJob) {
  if (isTerminal(status)) {
    return start === undefined || end === undefined ? <None /> : <span title="Duration">{duration(end - start)}</span>;
  }
  return remaining === undefined ? <None /> : <strong>{duration(remaining)} left</strong>;
}
