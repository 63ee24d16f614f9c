import type { JobSpec } from "../../domain/jobSpec";
import type { DataFile, StartedJob, TrainingRequest } from "../../domain/trainer";
import type { BaseModelEntry } from "../recipe/modelsFile";

/** The content of `job.json`. It contains no secrets, only the names of the environment variables that hold them. */
export type JobFile = ReturnType<typeof jobFile>;

/** A fixed seed makes trainings reproducible. The models file can set another seed. */
const DEFAULT_SEED = 42;

/** Returns the content of `job.json`. @param base the models file's entry for the job's base model */
export function jobFile({ id, spec, trainingFiles, validationFiles }: StartedJob, base: BaseModelEntry) {
  const { seed = DEFAULT_SEED, price: _, ...settings } = base;
  return {
    version: 1,
    id,
    model: spec.model,
    base: settings,
    job_type: spec.job_type,
    hyperparameters: withDefaultEpochs(spec.hyperparameters),
    training_files: trainingFiles.map((file, index) => ({
      ...fileEntry(file),
      weight: spec.training_files[index]?.weight ?? 1,
    })),
    validation_files: validationFiles.map(fileEntry),
    classifier_targets: spec.classifier_targets,
    repositories: spec.repositories.map((each, index) => ({ ...each, token_env: tokenVariable(index) })),
    integrations: spec.integrations.map((each, index) => ({ ...each, api_key_env: apiKeyVariable(index) })),
    invalid_sample_skip_percentage: spec.invalid_sample_skip_percentage,
    suffix: spec.suffix,
    seed,
  };
}

/**
 * Returns the path of a data file, relative to the folder. The user's file name may contain any character, so paths use
 * the ID.
 */
export function dataPath(file: DataFile): string {
  return `data/${file.id}.jsonl`;
}

/** Returns every data file of a job once, also when it is used for both training and validation. */
export function dataFiles({ trainingFiles, validationFiles }: TrainingRequest): DataFile[] {
  return [...new Map([...trainingFiles, ...validationFiles].map((file) => [file.id, file])).values()];
}

/** Returns the environment variable with the API key of an integration. The first has the name that wandb reads. */
export function apiKeyVariable(index: number): string {
  return index === 0 ? "WANDB_API_KEY" : `WANDB_API_KEY_${index + 1}`;
}

/** Returns the environment variable with the token of a repository. */
export function tokenVariable(index: number): string {
  return `REPOSITORY_TOKEN_${index + 1}`;
}

/**
 * A job without steps and epochs trains for one epoch. `job.json` always states this, so that programs need no default.
 */
function withDefaultEpochs(hyperparameters: JobSpec["hyperparameters"]): JobSpec["hyperparameters"] {
  const { training_steps, epochs } = hyperparameters;
  return training_steps === undefined && epochs === undefined ? { ...hyperparameters, epochs: 1 } : hyperparameters;
}

function fileEntry(file: DataFile) {
  return { id: file.id, name: file.name, path: dataPath(file) };
}
