import type { JobSpec } from "../../domain/jobSpec";
import type { DataFile, Run, TrainingRequest } from "../../domain/trainer";
import type { BaseModelEntry } from "../recipe/modelsFile";

/** What `job.json` says. No secret stands in it: only the names of the environment variables that hold them. */
export type JobFile = ReturnType<typeof jobFile>;

/** One training of one declaration should give one model, so the seed is fixed unless the models file has another. */
const DEFAULT_SEED = 42;

/** @param base the entry of the models file for the job's model */
export function jobFile({ id, spec, trainingFiles, validationFiles }: Run, base: BaseModelEntry) {
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

/** Where a data file stands, relative to the folder. Its own name is for people: it may hold anything. */
export function dataPath(file: DataFile): string {
  return `data/${file.id}.jsonl`;
}

/** Every data file of a job, once. */
export function dataFiles({ trainingFiles, validationFiles }: TrainingRequest): DataFile[] {
  return [...new Map([...trainingFiles, ...validationFiles].map((file) => [file.id, file])).values()];
}

/** The environment variable with the key of an integration: the first has the name that wandb itself looks for. */
export function apiKeyVariable(index: number): string {
  return index === 0 ? "WANDB_API_KEY" : `WANDB_API_KEY_${index + 1}`;
}

/** The environment variable with the token of a repository. */
export function tokenVariable(index: number): string {
  return `REPOSITORY_TOKEN_${index + 1}`;
}

/** Without steps and epochs a job trains for one epoch: said here, so that no program has a default of its own. */
function withDefaultEpochs(asked: JobSpec["hyperparameters"]): JobSpec["hyperparameters"] {
  return asked.training_steps === undefined && asked.epochs === undefined ? { ...asked, epochs: 1 } : asked;
}

function fileEntry(file: DataFile) {
  return { id: file.id, name: file.name, path: dataPath(file) };
}
