import type { JobSpec } from "../domain/jobSpec";
import type { TrainingRequest } from "../domain/trainer";
import type { FileStore } from "../store/files";

/** What a trainer is given of a job: what is asked for, and where the data is. */
export function toTrainingRequest(id: string, spec: JobSpec, files: FileStore): TrainingRequest {
  return {
    id,
    spec,
    trainingFiles: spec.training_files.map((file) => files.dataFile(file.file_id)),
    validationFiles: spec.validation_files.map((each) => files.dataFile(each)),
  };
}
