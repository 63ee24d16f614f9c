import { type SnakeCase, snakeCase } from "#common/snakeCase";
import type { JobCreateRequest } from "../client";
import type { Inputs } from "../schema/inputs";

/** IDs of the uploaded files, in the order of the inputs. */
export interface UploadedFiles {
  training: string[];
  validation: string[];
}

/**
 * The API's request for a declaration. The job is always created unstarted: it is started once its data is validated and its
 * cost is known to be within `maxCost`.
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
    job_type: jobTypeOf(inputs),
    auto_start: false,
  };
}

/** The declared kind of the job; targets alone make it a classifier. */
export const jobTypeOf = ({ jobType, classifierTargets }: Inputs) =>
  jobType ?? (classifierTargets ? "classifier" : "completion");

/** What a classifier has to tell apart; none for other jobs. */
export const targetsOf = ({ classifierTargets = [] }: Inputs) => toWire(classifierTargets);

type Wire<T> = T extends readonly (infer Item)[]
  ? Wire<Item>[]
  : T extends object
    ? { [Key in keyof T as SnakeCase<Key & string>]: Wire<T[Key]> }
    : T;

/** Our camelCase in the API's snake_case, all the way down. */
function toWire<T>(value: T): Wire<T> {
  if (Array.isArray(value)) return value.map(toWire) as Wire<T>;
  if (typeof value !== "object" || value === null) return value as Wire<T>;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [snakeCase(key), toWire(item)])) as Wire<T>;
}
