import type { JobSpec } from "../domain/jobSpec";
import type { TrainingRequest } from "../domain/trainer";
import type { FileStore } from "../store/files";

/**
 * Builds the input of a trainer: the job's request and the paths of its data files.
 *
 * @throws {Error} when a file is missing
 */
export function toTrainingRequest(id: string, spec: JobSpec, files: FileStore): TrainingRequest {
  const trainingFiles = spec.training_files.map((file) => files.dataFile(file.file_id));
  const validationFiles = spec.validation_files.map((each) => files.dataFile(each));
  const isKnownData = files.arePassed([...trainingFiles, ...validationFiles].map(({ sha256 }) => sha256));
  return { id, spec, trainingFiles, validationFiles, isKnownData };
}
