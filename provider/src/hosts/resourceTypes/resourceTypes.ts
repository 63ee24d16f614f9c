import { fineTuningJob } from "./fineTuningJob";
import { modelApproval } from "./modelApproval";
import type { ResourceName } from "./names";
import type { ResourceType } from "./resourceType";

/** All resource types, by name. */
export const resourceTypes: Record<ResourceName, ResourceType> = {
  FineTuningJob: fineTuningJob,
  ModelApproval: modelApproval,
};
