export { BaseModel, JobStatus, JobType, Keep, ModelDeletionPolicy } from "./enums";
export { FineTuningJob } from "./resource/fineTuningJob";
export {
  type FineTuningJobResult,
  type GetFineTuningJobArgs,
  type GetFineTuningJobsArgs,
  type GetModelArgs,
  getFineTuningJob,
  getFineTuningJobOutput,
  getFineTuningJobs,
  getModel,
  getModelOutput,
} from "./resource/functions";
export type * from "./resource/types.generated";
