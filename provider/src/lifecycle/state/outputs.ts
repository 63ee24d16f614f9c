import { hasSucceeded } from "#common";
import type { DetailedJob, Job } from "../../client";
import { workspaceOf } from "../../client/http/workspace";
import type { Inputs } from "../../schema/inputs";
import { type JobOutputs, outputsSchema } from "../../schema/outputs";
import { evaluationOutputs } from "../evaluation/convert";
import { checkpointsOf, eventsOf } from "../job/history";
import { cleanName, cleanText, cleanValue } from "./cleanText";
import { LONGEST_NAME, limitCheckpoints, limitEvents, limitFileIds, type Recorded, shortName } from "./limits";
import { withoutSecrets } from "./redaction";

/** The state of the resource: its inputs, and the job as the API reports it. */
export type Outputs = Inputs &
  JobOutputs & {
    /** The workspace of the job on its server. Absent if the server names none, and in states of earlier releases. */
    __workspace?: string;
  };

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
  return {
    ...appliedInputs(inputs, job.status),
    ...suffixOf(inputs, job),
    ...jobOutputs(job, baseUrl, inputs),
    ...(workspace !== undefined && { __workspace: workspace }),
  };
}

/**
 * Returns what the state holds of the job, without the inputs. An input that the program no longer declares must not return to the
 * state: the marks of secrets come from the new inputs, so a removed secret would be stored in plain text.
 */
export function recordedJob(state: Outputs): JobOutputs & Pick<Outputs, "__workspace"> {
  const { __workspace } = state;
  const recorded = Object.entries(state).filter(([name]) => Object.hasOwn(outputsSchema.shape, name));
  return { ...(Object.fromEntries(recorded) as JobOutputs), ...(__workspace !== undefined && { __workspace }) };
}

/** An adopted job keeps its own suffix, unless the inputs set one. */
function suffixOf({ adopt, __suffix }: Inputs, { suffix }: Job): Pick<Inputs, "suffix"> {
  return adopt !== undefined && __suffix === "auto" && suffix !== undefined
    ? { suffix: cleanName(suffix.slice(0, LONGEST_NAME), {}) }
    : {};
}

/**
 * Converts the API's job to outputs: camelCase names, times as ISO 8601. Removes control characters, keys and everything above the
 * limits of the state. IDs may contain a key of the environment, because the provider sends IDs back.
 *
 * @param known the inputs, with the resource's credentials, and the recorded outputs
 */
export function jobOutputs(
  job: Job | DetailedJob,
  baseUrl: string,
  known: Partial<Inputs> & Recorded = {},
): JobOutputs {
  const { metadata } = job;
  const name = (text: string | undefined) => text && cleanName(text, known);
  const checkpoints = checkpointsOf(job).map(({ metrics, step_number, created_at }) => ({
    stepNumber: step_number ?? 0,
    trainLoss: metrics?.train_loss,
    validLoss: metrics?.valid_loss,
    validMeanTokenAccuracy: metrics?.valid_mean_token_accuracy,
    createdAt: isoTime(created_at),
  }));
  const events = limitEvents(eventsOf(job), known).map(({ name, data, created_at }) => ({
    name: cleanText(name, known),
    data: cleanValue(data, known),
    createdAt: isoTime(created_at),
  }));
  const last = checkpoints.at(-1);
  const outputs: JobOutputs = {
    jobId: job.id,
    status: cleanText(job.status, known),
    fineTunedModel: job.fine_tuned_model,
    artifactUrl: name(shortName(job.artifact?.url)),
    baseUrl,
    trainingFileIds: limitFileIds(job.training_files ?? [], known.trainingFileIds),
    validationFileIds: limitFileIds(job.validation_files ?? [], known.validationFileIds),
    createdAt: isoTime(job.created_at),
    modifiedAt: isoTime(job.modified_at),
    trainedTokens: job.trained_tokens,
    cost: metadata?.cost,
    costCurrency: name(shortName(metadata?.cost_currency)),
    expectedDurationSeconds: metadata?.expected_duration_seconds,
    trainLoss: last?.trainLoss,
    validLoss: last?.validLoss,
    evaluation: evaluationOutputs(job),
    checkpoints: limitCheckpoints(checkpoints, known),
    events,
    simulated: metadata?.simulated === true,
  };
  // The JSON round trip drops undefined values, which a host cannot serialize.
  return JSON.parse(withoutSecrets(JSON.stringify(outputs), known));
}

/** Converts Unix seconds to ISO 8601, or undefined for an invalid time: throwing here would lose the job's ID. */
export function isoTime(seconds: number | undefined): string | undefined {
  const date = new Date((seconds ?? Number.NaN) * 1000);
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}
