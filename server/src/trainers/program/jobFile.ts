import type { JobSpec } from "../../domain/jobSpec";
import type { DataFile, TrainingRequest } from "../../domain/trainer";
import type { BaseModelEntry } from "../recipe/modelsFile";

/** The content of `job.json`. It contains no secrets, only the names of the environment variables that hold them. */
export type JobFile = ReturnType<typeof jobFile>;

/** A fixed seed makes trainings reproducible. The models file can set another seed. */
export const DEFAULT_SEED = 42;

/** Fields of `job.json` for programs that plan a training themselves. */
export interface PlannedFields {
  /** Whether the program must reject samples that break a rule of the model's tokenizer version, or only report them. */
  generation_rules: "enforce" | "warn";
}

export interface JobFileOptions {
  /** Absent when the program does not plan the training. */
  planned?: PlannedFields | undefined;
  /** Whether the program reads cleaned copies of the data files. */
  cleaned?: boolean | undefined;
}

/**
 * Returns the content of `job.json`.
 *
 * @param base the models file's entry for the job's base model
 */
export function jobFile(
  request: TrainingRequest,
  base: BaseModelEntry,
  { planned, cleaned = false }: JobFileOptions = {},
) {
  const { id, spec, trainingFiles, validationFiles } = request;
  const clean = cleaned ? cleanPaths(request) : undefined;
  const { seed = DEFAULT_SEED, price: _, keep: __, ...settings } = base;
  const samples = spec.evaluation?.samples ?? 0;
  return {
    version: 1,
    id,
    model: spec.model,
    base: settings,
    job_type: spec.job_type,
    hyperparameters: planned === undefined ? withDefaultEpochs(spec.hyperparameters) : spec.hyperparameters,
    training_files: trainingFiles.map((file, index) => ({
      ...fileEntry(file),
      clean_path: clean?.training[index],
      weight: spec.training_files[index]?.weight ?? 1,
    })),
    validation_files: validationFiles.map((file, index) => ({
      ...fileEntry(file),
      clean_path: clean?.validation[index],
    })),
    classifier_targets: spec.classifier_targets,
    repositories: spec.repositories.map((each, index) => ({ ...each, token_env: tokenVariable(index) })),
    integrations: spec.integrations.map((each, index) => ({ ...each, api_key_env: apiKeyVariable(index) })),
    invalid_sample_skip_percentage: spec.invalid_sample_skip_percentage,
    generation_rules: planned?.generation_rules,
    suffix: spec.suffix,
    keep: spec.kept,
    evaluation: samples > 0 ? { samples } : undefined,
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

/**
 * Returns the paths of the cleaned copies, relative to the folder. A file that a job uses twice has two copies, because
 * its weights differ.
 */
export function cleanPaths({ trainingFiles, validationFiles }: TrainingRequest): {
  training: string[];
  validation: string[];
} {
  const uses = new Map<string, number>();
  const pathOf = ({ id }: DataFile) => {
    const use = (uses.get(id) ?? 0) + 1;
    uses.set(id, use);
    return use === 1 ? `data/${id}.clean.jsonl` : `data/${id}.${use}.clean.jsonl`;
  };
  return { training: trainingFiles.map(pathOf), validation: validationFiles.map(pathOf) };
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
 * A program that does not plan needs no default: without steps and epochs, `job.json` states one epoch.
 */
function withDefaultEpochs(hyperparameters: JobSpec["hyperparameters"]): JobSpec["hyperparameters"] {
  const { training_steps, epochs } = hyperparameters;
  return training_steps === undefined && epochs === undefined ? { ...hyperparameters, epochs: 1 } : hyperparameters;
}

function fileEntry(file: DataFile) {
  return { id: file.id, name: file.name, path: dataPath(file) };
}
