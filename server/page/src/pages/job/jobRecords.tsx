import { formatCount } from "#common/format";
import { isTerminal } from "#common/jobStatus";
import { escapedText, visibleText } from "#common/visibleText";
import { formatShare } from "../../charts/valueFormat";
import { Status } from "../../components/status";
import { Ago } from "../../components/time";
import { duration, formatLoss } from "../../format";
import type { JobReply } from "./jobReply";
import { timelineOf } from "./timeline";

/** The statuses of a job, oldest first. */
export function Timeline({ job }: { job: JobReply }) {
  return (
    <ol class="timeline">
      {timelineOf(job.events).map(({ status, at, lasted }) => (
        <li key={`${status}${at}`}>
          <Status status={status as JobReply["status"]} />
          <span class="muted">
            <Ago seconds={at} />
            {lasted !== undefined && ` · for ${lasted === 0 ? "less than 1 s" : duration(lasted)}`}
          </span>
        </li>
      ))}
    </ol>
  );
}

/** What the training has reported besides its status, newest first. */
export function Events({ job }: { job: JobReply }) {
  const events = job.events.filter(({ name }) => name !== "status-updated");
  if (events.length === 0) return <p class="muted">No events besides the statuses.</p>;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable with the keyboard
    <section class="scroll" tabIndex={0} aria-label="Events: list">
      <ul class="events">
        {events.map(({ name, data, created_at }, index) => (
          <li key={events.length - index}>
            <strong>{visibleText(name)}</strong> <Ago seconds={created_at} />
            <dl>
              {Object.entries(data).map(([key, value]) => (
                <div key={key}>
                  <dt>{visibleText(key)}</dt>
                  <dd>{textOf(value)}</dd>
                </div>
              ))}
            </dl>
          </li>
        ))}
      </ul>
    </section>
  );
}

const textOf = (value: unknown): string =>
  typeof value === "string" ? visibleText(value) : escapedText(JSON.stringify(value) ?? "");

/** The checkpoints of a training with their figures, newest first. */
export function Checkpoints({ job }: { job: JobReply }) {
  const kept = job.evaluation?.tuned?.step;
  if (job.checkpoints.length === 0)
    return <p class="muted">{isTerminal(job.status) ? "No checkpoints." : "No checkpoints yet."}</p>;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable with the keyboard
    <section class="scroll" tabIndex={0} aria-label="Checkpoints: table">
      <table>
        <caption class="hidden">Checkpoints</caption>
        <thead>
          <tr>
            <th scope="col">Step</th>
            <th scope="col">Training loss</th>
            <th scope="col">Validation loss</th>
            <th scope="col">Token accuracy</th>
            <th scope="col">Written</th>
          </tr>
        </thead>
        <tbody>
          {job.checkpoints.map(({ step_number, metrics, created_at }) => (
            <tr key={step_number} class={step_number === kept ? "kept" : undefined}>
              <th scope="row">
                {formatCount(step_number)}
                {step_number === kept && <span class="badge badge-best">the model</span>}
              </th>
              <td>{metrics.train_loss === undefined ? "–" : formatLoss(metrics.train_loss)}</td>
              <td>{metrics.valid_loss === undefined ? "–" : formatLoss(metrics.valid_loss)}</td>
              <td>
                {metrics.valid_mean_token_accuracy === undefined ? "–" : formatShare(metrics.valid_mean_token_accuracy)}
              </td>
              <td>
                <Ago seconds={created_at} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
