import { ApiError, type DetailedJob, InvalidResponseError, type MetricPoint, type MistralClient } from "../../client";
import { readJob, shortIds } from "../jobs/readJob";
import { visibleLine } from "../marks";

export interface Point {
  step: number;
  value: number;
}

/** One metric of one job. */
export interface Curve {
  /** For the legend. */
  label: string;
  /** Sorted by step. */
  points: Point[];
}

export interface Curves {
  title: string;
  curves: Curve[];
  /** What the user should know about the data. */
  notes: string[];
}

/** Statuses of servers that do not have the route. */
const WITHOUT_METRICS = [404, 405, 501];

/** Reads the metrics of jobs. Uses the checkpoints of a job whose server keeps no metrics. */
export async function readCurves(client: MistralClient, ids: string[], metrics: string[]): Promise<Curves> {
  // Several jobs with two curves each would be hard to read.
  const names = metrics.length > 0 ? metrics : ids.length === 1 ? ["train_loss", "valid_loss"] : ["train_loss"];
  const short = shortIds(ids);
  const notes: string[] = [];
  const curves: Curve[] = [];
  const simulated: string[] = [];
  for (const [index, id] of ids.entries()) {
    const job = await readJob(client, id);
    const name = short[index] as string;
    const reported = await readPoints(client, id);
    if (job.metadata?.simulated) simulated.push(name);
    if (reported === undefined) notes.push(`${name}: the server keeps no metrics, so the curve shows the checkpoints`);
    const added = names.map((metric) => curveOf(job, reported ?? [], metric, labelOf(job, name, names, metric)));
    for (const [position, metric] of names.entries()) {
      const { points, isFromCheckpoints } = added[position] as (typeof added)[number];
      if (isFromCheckpoints && reported !== undefined) {
        notes.push(`${name}: no ${visibleLine(metric)} in the metrics, so the curve shows the checkpoints`);
      }
      // A job without validation data has no validation loss: that is only worth a note if the user has asked for it.
      if (points.length === 0 && (metrics.length > 0 || metric === "train_loss")) {
        notes.push(`${name}: no ${visibleLine(metric)} (${available(job, reported ?? [])})`);
      }
    }
    curves.push(...added.filter(({ points }) => points.length > 0));
  }
  if (simulated.length > 0) notes.push(`The figures of ${simulated.join(", ")} are made up: simulated training`);
  return { title: `${names.map(visibleLine).join(", ")} by step`, curves, notes };
}

function labelOf({ suffix }: DetailedJob, short: string, names: string[], metric: string): string {
  const job = suffix === undefined ? short : `${short} ${visibleLine(suffix)}`;
  return names.length === 1 ? job : `${job} ${visibleLine(metric)}`;
}

function curveOf(job: DetailedJob, reported: MetricPoint[], metric: string, label: string) {
  const points = valuesOf(reported, metric);
  if (points.length > 0) return { label, points, isFromCheckpoints: false };
  const checkpoints = (job.checkpoints ?? []).map(({ step_number: step, metrics }) => ({ step, metrics }));
  const fromCheckpoints = valuesOf(checkpoints, metric);
  return { label, points: fromCheckpoints, isFromCheckpoints: fromCheckpoints.length > 0 };
}

/** Returns the values of a metric, sorted by step. The latest point of a step counts. */
function valuesOf(points: { step: number; metrics: object }[], metric: string): Point[] {
  const byStep = new Map<number, number>();
  for (const { step, metrics } of points) {
    const value = Object.hasOwn(metrics, metric) ? (metrics as Record<string, unknown>)[metric] : undefined;
    if (typeof value === "number" && Number.isFinite(value)) byStep.set(step, value);
  }
  return [...byStep].map(([step, value]) => ({ step, value })).sort((one, other) => one.step - other.step);
}

function available(job: DetailedJob, reported: MetricPoint[]): string {
  const all = [...reported, ...(job.checkpoints ?? [])].flatMap(({ metrics }) => Object.keys(metrics));
  const names = [...new Set(all)].map(visibleLine);
  return names.length === 0
    ? `the job is ${visibleLine(job.status)} and has no figures yet`
    : `it has ${names.join(", ")}`;
}

/** @returns undefined when the server keeps no metrics */
async function readPoints(client: MistralClient, id: string): Promise<MetricPoint[] | undefined> {
  const points: MetricPoint[] = [];
  try {
    for await (const { data } of client.jobs.metrics(id, { page_size: 5000 })) points.push(...data);
  } catch (error) {
    const isMissing = error instanceof ApiError && WITHOUT_METRICS.includes(error.status);
    if (!isMissing && !(error instanceof InvalidResponseError)) throw error;
    return undefined;
  }
  return points;
}
