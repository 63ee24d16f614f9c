import { isTerminal } from "#common";
import type { DashboardCurves, DashboardJob, DashboardSeries } from "#common/dashboard";
import type { Job } from "../../domain/job";
import { SIMULATED } from "../../domain/trainer";
import { omitUndefined } from "../../omitUndefined";
import type { Columns, CurveSummary, Curves } from "../../store/dashboard/curves";
import { jobMetadata } from "./jobs";
import { seconds } from "./time";

/** What a row of the page's list has besides the job. */
export interface RowDetails extends CurveSummary {
  /** Why the job has failed. */
  failure?: string;
}

/** The part of a job's row that is equal for all callers. */
export type DashboardRow = Omit<DashboardJob, "owner" | "mine">;

export function dashboardRow(job: Job, { sparkline, validLoss, failure }: RowDetails): DashboardRow {
  const { spec, status, startedAt, progress } = job;
  const hasEnded = isTerminal(status);
  const metadata = jobMetadata(job);
  return {
    id: job.id,
    status,
    job_type: spec.job_type,
    model: spec.model,
    simulated: job.trainer === SIMULATED,
    created_at: seconds(job.createdAt),
    sparkline: sparkline.map(shortened),
    ...omitUndefined({
      suffix: spec.suffix,
      fine_tuned_model: job.fineTunedModel,
      started_at: startedAt && seconds(startedAt),
      // Only a transition modifies a job, and a job that has ended has no further one.
      ended_at: hasEnded ? seconds(job.modifiedAt) : undefined,
      valid_loss: validLoss,
      reason: failure ?? (hasEnded ? undefined : progress?.waitingFor),
      ...("total_steps" in metadata && {
        current_step: metadata.current_step,
        total_steps: metadata.total_steps,
        progress_percentage: metadata.progress_percentage,
        remaining_seconds: hasEnded ? undefined : metadata.estimated_remaining_seconds,
        cost: metadata.cost,
        cost_currency: metadata.cost_currency,
        train_loss: metadata.train_loss,
      }),
    }),
  } as DashboardRow;
}

export function curvesReply(job: Job, { lastId, step, evaluation }: Curves): DashboardCurves {
  return {
    job_id: job.id,
    status: job.status,
    simulated: job.trainer === SIMULATED,
    last_id: lastId,
    step: seriesReply(step),
    evaluation: seriesReply(evaluation),
  };
}

function seriesReply({ steps, createdAt, metrics }: Columns): DashboardSeries {
  const names = new Set(metrics.flatMap((each) => Object.keys(each)));
  return {
    step: steps,
    created_at: createdAt.map(seconds),
    metrics: Object.fromEntries([...names].map((name) => [name, metrics.map((each) => each[name] ?? null)])),
  };
}

/** A sparkline is 40 pixels high. */
function shortened(loss: number): number {
  return Number(loss.toPrecision(4));
}
