import { useEffect, useState } from "preact/hooks";
import type { DashboardJobDetail } from "#common";
import { formatCount } from "#common/format";
import { isTraining } from "#common/jobStatus";
import { duration, formatLoss } from "../../format";

/** How far the training is, and when it ends. */
export function TrainingProgress({ detail }: { detail: DashboardJobDetail }) {
  const { status, current_step: step = 0, total_steps: total, progress_percentage: percentage = 0 } = detail;
  const left = useTimeLeft(isTraining(status) ? detail.remaining_seconds : undefined);
  const text = [
    total === undefined ? `step ${formatCount(step)}` : `step ${formatCount(step)} of ${formatCount(total)}`,
    ...(left === undefined ? [] : [left > 0 ? `${duration(left)} left` : "almost done"]),
    ...(detail.train_loss === undefined ? [] : [`loss ${formatLoss(detail.train_loss)}`]),
    ...(detail.valid_loss === undefined ? [] : [`validation loss ${formatLoss(detail.valid_loss)}`]),
  ];
  return (
    <div class="job-progress">
      <progress max={100} value={percentage} aria-label="Progress of the training" />
      <span>
        <strong>{percentage} %</strong> · {text.join(" · ")}
      </span>
    </div>
  );
}

/** Counts down between two replies of the server. */
function useTimeLeft(seconds: number | undefined): number | undefined {
  const [left, setLeft] = useState(seconds);
  useEffect(() => {
    setLeft(seconds);
    if (seconds === undefined) return;
    const end = performance.now() + seconds * 1000;
    const timer = setInterval(() => setLeft(Math.max(0, Math.round((end - performance.now()) / 1000))), 1000);
    return () => clearInterval(timer);
  }, [seconds]);
  return left;
}
