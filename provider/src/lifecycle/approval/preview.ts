import { hasUnknown, UNKNOWN } from "../../inputs/unknowns";
import { type ApprovalInputs, type ApprovalState, approvalOutputsSchema } from "../../schema/approval";
import type { RawInputs } from "../check";
import { connect } from "../connection/connect";
import type { Settings } from "../runtime/host";
import { changedInputs } from "./diff";

/** Returns the outputs of a `create` as a preview knows them: the inputs and the server. */
export async function previewOfCreate(inputs: ApprovalInputs, host: Settings): Promise<RawInputs> {
  const unknown = Object.fromEntries(Object.keys(approvalOutputsSchema.shape).map((name) => [name, UNKNOWN]));
  const server = hasUnknown(inputs.connection) ? {} : { baseUrl: (await connect(inputs, host)).baseUrl };
  return { ...unknown, ...inputs, ...server };
}

/** Like `previewOfCreate`. The candidate is known while the job is the same, and everything when only the name changes. */
export async function previewOfUpdate(olds: ApprovalState, inputs: ApprovalInputs, host: Settings): Promise<RawInputs> {
  if (changedInputs(olds, inputs).length === 0) return { ...olds, ...inputs };
  const { jobId, candidate } = olds;
  return { ...(await previewOfCreate(inputs, host)), ...(inputs.jobId === jobId && { candidate }) };
}
