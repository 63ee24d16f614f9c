export { BaseModel, JobStatus, JobType, ModelDeletionPolicy } from "./enums";
export { FineTuningJob } from "./fineTuningJob";
export {
  type FineTuningJobResult,
  type GetFineTuningJobArgs,
  type GetFineTuningJobsArgs,
  getFineTuningJob,
  getFineTuningJobOutput,
  getFineTuningJobs,
} from "./functions";
export type * from "./types.generated";
