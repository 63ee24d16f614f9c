import { useState } from "preact/hooks";
import type { DashboardJobDetail } from "#common";
import { formatBytes, formatCount } from "#common/format";
import { post } from "../../api/request";
import { ConfirmDialog } from "../../components/confirmDialog";
import { jobName, money } from "../../format";
import { path } from "../../links";

interface Props {
  detail: DashboardJobDetail;
  artifactBytes: number | undefined;
  onChange: () => void;
}

/** Starts or cancels a job after a confirmation, and downloads its adapter. */
export function JobActions({ detail, artifactBytes, onChange }: Props) {
  const { id, can_start, can_cancel, artifact_path, cost, cost_currency } = detail;
  const name = jobName(detail);
  const [asked, setAsked] = useState<"start" | "cancel">();
  const send = async (action: string) => {
    await post(`v1/fine_tuning/jobs/${encodeURIComponent(id)}/${action}`);
    onChange();
  };
  const price = cost === undefined || detail.simulated ? "" : ` It costs about ${money(cost, cost_currency)}.`;
  return (
    <div class="actions">
      {can_start && (
        <button type="button" class="primary" onClick={() => setAsked("start")}>
          Start job
        </button>
      )}
      {can_cancel && (
        <button type="button" onClick={() => setAsked("cancel")}>
          Cancel job
        </button>
      )}
      {artifact_path !== undefined && (
        <a class="button" href={path(artifact_path.replace(/^\//, ""))} download>
          Download adapter{artifactBytes !== undefined && ` (${formatBytes(artifactBytes)})`}
        </a>
      )}
      {asked === "start" && (
        <ConfirmDialog
          title={`Start ${name}?`}
          confirm="Yes, start this job"
          onConfirm={() => send("start")}
          onClose={() => setAsked(undefined)}
        >
          <p>The training begins as soon as a place is free.{price}</p>
        </ConfirmDialog>
      )}
      {asked === "cancel" && (
        <ConfirmDialog
          title={`Cancel ${name}${progressOf(detail)}?`}
          confirm="Yes, cancel this job"
          onConfirm={() => send("cancel")}
          onClose={() => setAsked(undefined)}
        >
          <p>The job ends without a model. It cannot be resumed.</p>
        </ConfirmDialog>
      )}
    </div>
  );
}

/** ` at step 812 of 1,000` */
function progressOf({ current_step: step, total_steps: total }: DashboardJobDetail): string {
  if (step === undefined) return "";
  return ` at step ${formatCount(step)}${total === undefined ? "" : ` of ${formatCount(total)}`}`;
}
