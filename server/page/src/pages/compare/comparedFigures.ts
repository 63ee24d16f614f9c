import { formatLoss, formatShare } from "../../charts/valueFormat";
import { duration, money } from "../../format";
import { bestOf } from "./differences";
import type { LoadedJob } from "./useComparedJobs";

/** A figure of each job. */
export interface FigureRow {
  label: string;
  /** Undefined: the job has no such figure. */
  texts: (string | undefined)[];
  /** The jobs with the best value. */
  best: Set<number>;
}

interface Figure {
  label: string;
  of: (job: LoadedJob) => number | undefined;
  format: (value: number, job: LoadedJob) => string;
  isLowerBetter: boolean;
}

const tuned = ({ job }: LoadedJob) => job.evaluation?.tuned;

const FIGURES: readonly Figure[] = [
  { label: "Training loss", of: ({ detail }) => detail.train_loss, format: formatLoss, isLowerBetter: true },
  {
    label: "Validation loss",
    of: (job) => tuned(job)?.valid_loss ?? job.detail.valid_loss,
    format: formatLoss,
    isLowerBetter: true,
  },
  {
    label: "Token accuracy",
    of: (job) => tuned(job)?.valid_mean_token_accuracy,
    format: formatShare,
    isLowerBetter: false,
  },
  { label: "Accuracy", of: (job) => tuned(job)?.accuracy, format: formatShare, isLowerBetter: false },
  { label: "F1", of: (job) => tuned(job)?.f1, format: formatShare, isLowerBetter: false },
  { label: "Duration", of: durationOf, format: duration, isLowerBetter: true },
  {
    label: "Cost",
    of: ({ detail }) => detail.cost,
    format: (cost, { detail }) => money(cost, detail.cost_currency),
    isLowerBetter: true,
  },
];

/** Returns the figures that at least one of the jobs has. */
export function figureRows(jobs: readonly LoadedJob[]): FigureRow[] {
  return FIGURES.flatMap(({ label, of, format, isLowerBetter }) => {
    const values = jobs.map(of);
    if (values.every((value) => value === undefined)) return [];
    const texts = values.map((value, index) =>
      value === undefined ? undefined : format(value, jobs[index] as LoadedJob),
    );
    return [{ label, texts, best: bestOf(values, isLowerBetter) }];
  });
}

function durationOf({ detail }: LoadedJob): number | undefined {
  const { started_at: start, ended_at: end } = detail;
  return start === undefined || end === undefined ? undefined : Math.max(0, end - start);
}
