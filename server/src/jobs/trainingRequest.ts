import type { Job } from "../domain/job";
import type { TrainingRequest } from "../domain/trainer";
import type { FileStore } from "../store/files";

/**
 * Builds the input of a trainer: the job's request and the paths of its data files.
 *
 * @throws {Error} when a file is missing
 */
export function toTrainingRequest(
  { id, workspace, spec }: Pick<Job, "id" | "workspace" | "spec">,
  files: FileStore,
): TrainingRequest {
  const trainingFiles = spec.training_files.map((file) => files.dataFile(file.file_id));
  const validationFiles = spec.validation_files.map((each) => files.dataFile(each));
  const contents = [...trainingFiles, ...validationFiles].map(({ sha256 }) => sha256);
  const isKnownData = files.arePassed(contents, workspace);
  return { id, workspace, spec, trainingFiles, validationFiles, isKnownData };
}
