import type { DetailedJob, Job } from "../client";
import type { Inputs } from "../schema/inputs";
import type { JobOutputs } from "../schema/outputs";
import { checkpointsOf, eventsOf } from "./history";

/** The state of the resource: its inputs, and what the API says of its job. */
export type Outputs = Inputs & JobOutputs;

const MAX_EVENTS = 50;

/** Gives the inputs back with what the API says of the job. Absent values are left out: a host cannot carry `undefined`. */
export function toOutputs(inputs: Inputs, job: Job | DetailedJob, baseUrl: string): Outputs {
  return { ...inputs, ...withoutUndefined(jobOutputs(job, baseUrl)) } as Outputs;
}

/** What the API says of a job, in the provider's words: camelCase, times as ISO 8601. */
export function jobOutputs(job: Job | DetailedJob, baseUrl: string): JobOutputs {
  const { metadata } = job;
  const checkpoints = checkpointsOf(job).map(({ metrics, step_number, created_at }) => ({
    stepNumber: step_number ?? 0,
    trainLoss: metrics?.train_loss,
    validLoss: metrics?.valid_loss,
    validMeanTokenAccuracy: metrics?.valid_mean_token_accuracy,
    createdAt: isoTime(created_at),
  }));
  const events = eventsOf(job)
    .slice(-MAX_EVENTS)
    .map(({ name, data, created_at }) => ({ name, data, createdAt: isoTime(created_at) }));
  const last = checkpoints.at(-1);
  return {
    jobId: job.id,
    status: job.status,
    fineTunedModel: job.fine_tuned_model,
    baseUrl,
    trainingFileIds: job.training_files ?? [],
    validationFileIds: job.validation_files ?? [],
    createdAt: isoTime(job.created_at),
    modifiedAt: isoTime(job.modified_at),
    trainedTokens: job.trained_tokens,
    cost: metadata?.cost,
    costCurrency: metadata?.cost_currency,
    expectedDurationSeconds: metadata?.expected_duration_seconds,
    trainLoss: last?.trainLoss,
    validLoss: last?.validLoss,
    checkpoints,
    events,
    simulated: metadata?.simulated === true,
  };
}

function isoTime(seconds: number | undefined): string | undefined {
  return seconds === undefined ? undefined : new Date(seconds * 1000).toISOString();
}

/** Leaves undefined values out, all the way down. */
function withoutUndefined<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}
