import type { ComponentChildren } from "preact";
import type { DashboardJobDetail } from "#common";
import { hasFailed, isTerminal, isTraining } from "#common/jobStatus";
import { visibleText } from "#common/visibleText";
import { CopyButton } from "../../components/copyButton";
import { Status } from "../../components/status";
import { Ago } from "../../components/time";
import { duration, money, shortId } from "../../format";
import { JobActions } from "./jobActions";
import type { JobReply } from "./jobReply";
import { TrainingProgress } from "./trainingProgress";

interface Props {
  detail: DashboardJobDetail;
  job: JobReply | undefined;
  isConnectionLost: boolean;
  onChange: () => void;
}

/** What a user wants to know first: which job, is it running, when does it end, and what can be done. */
export function JobHead({ detail, job, isConnectionLost, onChange }: Props) {
  const { id, status, suffix, model, fine_tuned_model, owner, mine, reason, simulated } = detail;
  return (
    <header class="job-head">
      <div class="job-title">
        <h1 tabIndex={-1}>{suffix ? visibleText(suffix) : `Job ${shortId(id)}`}</h1>
        <span aria-live="polite" class="job-status">
          <Status status={status} />
        </span>
        <JobActions detail={detail} artifactBytes={job?.artifact?.bytes} onChange={onChange} />
      </div>
      {simulated && (
        <p class="simulated" role="note">
          This job is simulated: no model was trained, and all of its figures are made up.
        </p>
      )}
      <div role="status">
        {isConnectionLost && (
          <p class="connection">
            <strong>Connection lost</strong> The page connects again by itself. The training is not affected.
          </p>
        )}
      </div>
      {(isTraining(status) || detail.current_step !== undefined) && <TrainingProgress detail={detail} />}
      {reason !== undefined && (
        <p class={hasFailed(status) ? "job-reason error" : "job-reason"}>
          {isTerminal(status) ? "Reason: " : "Waiting: "}
          {visibleText(reason)}
        </p>
      )}
      <dl class="facts">
        <Fact label="Base model">{visibleText(model)}</Fact>
        {fine_tuned_model !== undefined && (
          <Fact label="Fine-tuned model" isWide>
            <code>{visibleText(fine_tuned_model)}</code> <CopyButton text={fine_tuned_model} label="Copy model ID" />
            {detail.model_archived && <small> archived</small>}
            {detail.held_by.length > 0 && <small> approved by {detail.held_by.map(visibleText).join(", ")}</small>}
          </Fact>
        )}
        <Fact label="Job ID" isWide>
          <code>{id}</code> <CopyButton text={id} label="Copy job ID" />
        </Fact>
        <Fact label="Created">
          <Ago seconds={detail.created_at} /> by {visibleText(owner)}
          {mine && <small> (your key)</small>}
        </Fact>
        {detail.started_at !== undefined && detail.ended_at !== undefined && (
          <Fact label="Took">{duration(Math.max(0, detail.ended_at - detail.started_at))}</Fact>
        )}
        {detail.cost !== undefined && (
          <Fact label={isTerminal(status) ? "Cost" : "Estimated cost"}>
            {money(detail.cost, detail.cost_currency)}
            {simulated && <small> (made up)</small>}
          </Fact>
        )}
      </dl>
    </header>
  );
}

function Fact({ label, isWide, children }: { label: string; isWide?: boolean; children: ComponentChildren }) {
  return (
    <div class={isWide ? "wide" : undefined}>
      <dt>{label}</dt>
      <dd>{children}</dd>
    </div>
  );
}
