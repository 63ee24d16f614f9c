import { type SnakeCase, snakeCase } from "#common/snakeCase";
import type { JobCreateRequest } from "../client";
import type { Inputs } from "../schema/inputs";

/** IDs of the uploaded files, in the order of the inputs. */
export interface UploadedFiles {
  training: string[];
  validation: string[];
}

/**
 * Builds the request that creates a job. The job is always created unstarted, and started once its data is validated and its cost
 * is within `maxCost`.
 */
export function jobRequest(inputs: Inputs, files: UploadedFiles): JobCreateRequest {
  const { trainingFiles = [], hyperparameters = {}, repositories, integrations, classifierTargets } = inputs;
  return {
    model: inputs.model,
    training_files: files.training.map((file_id, index) => {
      const weight = trainingFiles[index]?.weight;
      return weight === undefined ? { file_id } : { file_id, weight };
    }),
    ...(files.validation.length > 0 && { validation_files: files.validation }),
    hyperparameters: toWire(hyperparameters),
    ...(inputs.suffix !== undefined && { suffix: inputs.suffix }),
    ...(integrations && { integrations: toWire(integrations) }),
    ...(repositories && { repositories: toWire(repositories) }),
    ...(classifierTargets && { classifier_targets: targetsOf(inputs) }),
    ...(inputs.invalidSampleSkipPercentage !== undefined && {
      invalid_sample_skip_percentage: inputs.invalidSampleSkipPercentage,
    }),
    ...(inputs.keep !== undefined && { keep: inputs.keep }),
    ...(inputs.evaluationSamples && { evaluation: { samples: inputs.evaluationSamples } }),
    job_type: jobTypeOf(inputs),
    auto_start: false,
  };
}

/** Returns the job type; `classifierTargets` implies `classifier`. */
export const jobTypeOf = ({ jobType, classifierTargets }: Inputs) =>
  jobType ?? (classifierTargets ? "classifier" : "completion");

/** Returns the classifier targets; none for other job types. */
export const targetsOf = ({ classifierTargets = [] }: Inputs) => toWire(classifierTargets);

type Wire<T> = T extends readonly (infer Item)[]
  ? Wire<Item>[]
  : T extends object
    ? { [Key in keyof T as SnakeCase<Key & string>]: Wire<T[Key]> }
    : T;

/** Converts camelCase keys to the API's snake_case, recursively. */
function toWire<T>(value: T): Wire<T> {
  if (Array.isArray(value)) return value.map(toWire) as Wire<T>;
  if (typeof value !== "object" || value === null) return value as Wire<T>;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [snakeCase(key), toWire(item)])) as Wire<T>;
}
