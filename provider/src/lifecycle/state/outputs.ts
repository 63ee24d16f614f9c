import { hasSucceeded, visibleText } from "#common";
import type { DetailedJob, Job } from "../../client";
import { workspaceOf } from "../../client/http/workspace";
import type { Inputs } from "../../schema/inputs";
import type { JobOutputs } from "../../schema/outputs";
import { withoutKeys } from "../connection/knownKeys";
import { checkpointsOf, eventsOf } from "../job/history";
import { withoutSecrets } from "./redaction";

/** The state of the resource: its inputs, and the job as the API reports it. */
export type Outputs = Inputs &
  JobOutputs & {
    /** The workspace of the job on its server. Absent if the server names none, and in states of earlier releases. */
    __workspace?: string;
  };

const MAX_EVENTS = 50;

/**
 * Returns the inputs that have taken effect. Omits the model's name and description until the model exists, so that the next
 * `diff` reports them as pending.
 */
export function appliedInputs(inputs: Inputs, status: string): Inputs {
  const { modelName: _, modelDescription: __, ...unnamed } = inputs;
  return hasSucceeded(status) ? inputs : unnamed;
}

/**
 * Returns the state: the inputs that have taken effect, and the job as the API reports it, without the user's credentials.
 *
 * @param workspace the workspace of the job
 */
export function toOutputs(
  inputs: Inputs,
  job: Job | DetailedJob,
  baseUrl: string,
  workspace = workspaceOf(job),
): Outputs {
  // The JSON round trip drops undefined values, which a host cannot serialize.
  const { events, ...others } = JSON.parse(withoutSecrets(JSON.stringify(jobOutputs(job, baseUrl)), inputs));
  return {
    ...appliedInputs(inputs, job.status),
    ...suffixOf(inputs, job),
    ...others,
    ...(workspace !== undefined && { __workspace: workspace }),
    // Only events hold free text. A short key of the environment could be part of an ID or of the model's name.
    events: JSON.parse(withoutKeys(JSON.stringify(events)), (_, value) =>
      typeof value === "string" ? visibleText(value) : value,
    ),
  };
}

/** An adopted job keeps its own suffix, unless the inputs set one. */
function suffixOf({ adopt, __suffix }: Inputs, { suffix }: Job): Pick<Inputs, "suffix"> {
  return adopt !== undefined && __suffix === "auto" && suffix !== undefined ? { suffix } : {};
}

/** Converts the API's job to outputs: camelCase names, times as ISO 8601. */
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
    artifactUrl: job.artifact?.url,
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

/** Converts Unix seconds to ISO 8601, or undefined for an invalid time: throwing here would lose the job's ID. */
function isoTime(seconds: number | undefined): string | undefined {
  const date = new Date((seconds ?? Number.NaN) * 1000);
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}
