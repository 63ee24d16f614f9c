import { type ApprovalInputs, type ApprovalState, approvalOutputsSchema } from "../../schema/approval";
import type { RawInputs } from "../check";
import { knownOutputs } from "../preview/knownOutputs";
import type { Settings } from "../runtime/host";
import { changedInputs } from "./diff";

/** Returns the outputs of a `create` as a preview knows them: the inputs and the server. */
export const previewOfCreate = (inputs: ApprovalInputs, host: Settings): Promise<RawInputs> =>
  knownOutputs(approvalOutputsSchema, inputs, host);

/** Like `previewOfCreate`. The candidate is known while the job is the same, and everything when only the name changes. */
export async function previewOfUpdate(olds: ApprovalState, inputs: ApprovalInputs, host: Settings): Promise<RawInputs> {
  if (changedInputs(olds, inputs).length === 0) return { ...olds, ...inputs };
  const { jobId, candidate } = olds;
  return { ...(await previewOfCreate(inputs, host)), ...(inputs.jobId === jobId && { candidate }) };
}
