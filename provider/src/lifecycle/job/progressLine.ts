import { isTraining } from "#common";
import type { DetailedJob } from "../../client";
import { checkpointsOf } from "./history";

/** A longer remaining time is not shown: a year. */
const LONGEST_SECONDS = 365 * 86_400;

/** Returns a job's status and progress in one line: `RUNNING: step 40 of 100, loss 1.234, about 2 min left`. */
export function progressLine(job: DetailedJob): string {
  const parts = isTraining(job.status) ? trainingProgress(job) : [];
  return parts.length === 0 ? job.status : `${job.status}: ${parts.join(", ")}`;
}

function trainingProgress(job: DetailedJob): string[] {
  const { metadata, hyperparameters } = job;
  const last = checkpointsOf(job).at(-1);
  const step = metadata?.current_step ?? last?.step_number;
  const steps = metadata?.total_steps ?? hyperparameters?.training_steps;
  const loss = last?.metrics?.train_loss;
  const left = metadata?.estimated_remaining_seconds;
  return [
    ...(step === undefined ? [] : [steps === undefined ? `step ${step}` : `step ${step} of ${steps}`]),
    ...(loss === undefined ? [] : [`loss ${loss.toPrecision(4)}`]),
    ...(left === undefined || left < 0 || left > LONGEST_SECONDS ? [] : [`about ${durationText(left)} left`]),
  ];
}

/** Formats seconds: `45 s`, `12 min`, `1 h 5 min`. */
export function durationText(seconds: number): string {
  if (seconds < 90) return `${Math.ceil(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 90 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
