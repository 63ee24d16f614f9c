import { awaitsStart, hasFailed, hasSucceeded, isTraining, type JobStatus } from "#common/jobStatus";
import { statusText } from "../format";

/** The status of a job by colour, shape and word. */
export function Status({ status }: { status: JobStatus }) {
  const [kind, shape] = appearance(status);
  return (
    <span class={`status status-${kind}`}>
      <span aria-hidden="true">{shape}</span> {statusText(status)}
    </span>
  );
}

function appearance(status: JobStatus): [kind: string, shape: string] {
  if (hasSucceeded(status)) return ["success", "✓"];
  if (status === "CANCELLED" || status === "CANCELLATION_REQUESTED") return ["cancelled", "■"];
  if (hasFailed(status)) return ["failed", "✕"];
  if (isTraining(status)) return ["running", "●"];
  if (awaitsStart(status)) return ["ready", "◆"];
  return ["waiting", "○"];
}
