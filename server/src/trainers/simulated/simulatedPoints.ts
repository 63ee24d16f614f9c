import { isTerminal } from "#common";
import type { Job } from "../../domain/job";
import { MAX_POINTS, type MetricPoint, type MetricType } from "../../domain/metricPoint";
import type { StartedJob } from "../../domain/trainer";
import type { Columns, Curves } from "../../store/dashboard/curves";
import type { PointQuery } from "../../store/metrics/metricStore";
import { trainLoss } from "./losses";
import { checkpointAt, SECONDS, simulate } from "./simulation";

/**
 * Computes the metric points of a simulated job. A pure function of the stored job and the time. The ID of a point is twice
 * its step, plus one for an evaluation.
 *
 * @param now milliseconds since 1970
 */
export function simulatedPoints(job: Job, now: number, { types, after, limit }: PointQuery): MetricPoint[] {
  const run = toRun(job);
  if (run === undefined) return [];
  // Without validation files, the simulation does not read the labels of a classifier.
  const progress = simulate({ ...run, validationFiles: [] }, now);
  const step = isTerminal(job.status) ? Math.min(progress.step, job.progress?.step ?? 0) : progress.step;
  const points: MetricPoint[] = [];
  if (types.includes("step")) points.push(...stepPoints(run, step, after, limit));
  if (types.includes("evaluation") && run.validationFiles.length > 0 && progress.state !== "starting") {
    const steps = [0, ...progress.checkpoints.map((checkpoint) => checkpoint.step)].filter((each) => each <= step);
    points.push(...steps.map((each) => evaluationPoint(run, each)).filter(({ id }) => id > after));
  }
  return points.sort((one, other) => one.id - other.id).slice(0, limit);
}

/** Computes the training losses of a simulated job at no more than `count` steps, evenly distributed up to its stored progress. */
export function simulatedLosses(job: Job, count: number): number[] {
  const run = toRun(job);
  const step = job.progress?.step ?? 0;
  if (run === undefined || step === 0) return [];
  const lossAt = trainLoss(run);
  const points = Math.min(step, count);
  return Array.from({ length: points }, (_, index) =>
    lossAt(points === 1 ? step : 1 + Math.round(((step - 1) * index) / (points - 1))),
  );
}

/** Computes all points of a simulated job. @param now milliseconds since 1970 */
export function simulatedCurves(job: Job, now: number): Curves {
  const read = (type: MetricType) => simulatedPoints(job, now, { types: [type], after: 0, limit: MAX_POINTS });
  const [step, evaluation] = [read("step"), read("evaluation")];
  return {
    lastId: Math.max(0, step.at(-1)?.id ?? 0, evaluation.at(-1)?.id ?? 0),
    step: toColumns(step),
    evaluation: toColumns(evaluation),
  };
}

function toColumns(points: readonly MetricPoint[]): Columns {
  return {
    steps: points.map(({ step }) => step),
    createdAt: points.map(({ createdAt }) => createdAt),
    metrics: points.map(({ metrics }) => metrics),
  };
}

/** Returns at most `limit` points. With more steps, one of 2, 4, 8 … steps has a point, and the last step. */
function stepPoints(run: StartedJob, lastStep: number, after: number, limit: number): MetricPoint[] {
  let stride = 1;
  while (lastStep / stride > MAX_POINTS - 1) stride *= 2;
  const lossAt = trainLoss(run);
  const rateAt = learningRate(run);
  const speed = run.plan.speed ?? 1;
  const first = Math.max(0, Math.floor((after / 2 - 1) / stride) + 1);
  const points: MetricPoint[] = [];
  for (let index = first; points.length < limit; index++) {
    const step = Math.min(1 + index * stride, lastStep);
    if (step * 2 > after && step > 0) {
      const metrics = {
        train_loss: lossAt(step),
        learning_rate: rateAt(step),
        grad_norm: Number((0.2 + lossAt(step) / 3).toFixed(6)),
        tokens_per_second: Math.round((run.plan.tokensPerStep * speed) / SECONDS.step),
      };
      points.push({ id: step * 2, type: "step", step, metrics, createdAt: timeOf(run, step) });
    }
    if (step >= lastStep) break;
  }
  return points;
}

function evaluationPoint(run: StartedJob, step: number): MetricPoint {
  const { train_loss: _, ...metrics } = checkpointAt(run, step).metrics;
  return { id: step * 2 + 1, type: "evaluation", step, metrics, createdAt: timeOf(run, step) };
}

/** Rises linearly during the warm-up, then falls linearly to zero. */
function learningRate({ spec, plan }: StartedJob): (step: number) => number {
  const { learning_rate: highest, warmup_fraction = 0 } = spec.hyperparameters;
  const warmup = warmup_fraction * plan.totalSteps;
  const rest = Math.max(1, plan.totalSteps - warmup);
  return (step) => Number((highest * (step < warmup ? step / warmup : (plan.totalSteps - step) / rest)).toPrecision(6));
}

function timeOf(run: StartedJob, step: number): number {
  return run.startedAt + Math.round(((SECONDS.start + step * SECONDS.step) / (run.plan.speed ?? 1)) * 1000);
}

/** Returns undefined for a job that has not started. */
function toRun({ plan, startedAt, ...job }: Job): StartedJob | undefined {
  if (plan === undefined || startedAt === undefined) return undefined;
  // Only the number of files matters. They may be deleted when the job has ended.
  const validationFiles = job.spec.validation_files.map((id) => ({ id, name: id, path: "", bytes: 0, sha256: "" }));
  return { ...job, plan, startedAt, trainingFiles: [], validationFiles, isKnownData: false };
}
