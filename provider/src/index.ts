export { BaseModel, JobStatus, JobType, Keep, ModelDeletionPolicy, OnMiss } from "./enums";
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
export { ModelApproval } from "./resource/modelApproval";
export type * from "./resource/types.generated";
