import { checkApproval } from "../../lifecycle/approval/check";
import { createApproval } from "../../lifecycle/approval/create";
import { removeApproval } from "../../lifecycle/approval/delete";
import { changedProperties, diffApproval } from "../../lifecycle/approval/diff";
import { previewOfCreate, previewOfUpdate } from "../../lifecycle/approval/preview";
import { readApproval } from "../../lifecycle/approval/read";
import { updateApproval } from "../../lifecycle/approval/update";
import { type ApprovalInputs, type ApprovalState, approvalInputsSchema } from "../../schema/approval";
import type { ResourceType } from "./resourceType";

export const modelApproval: ResourceType = {
  name: "ModelApproval",
  inputsSchema: approvalInputsSchema,
  waitsForTraining: false,
  check: checkApproval,
  diff: diffApproval,
  changedProperties,
  create: (inputs, host) => createApproval(inputs as ApprovalInputs, host),
  update: (id, olds, news, host) => updateApproval(id, olds as ApprovalState, news as ApprovalInputs, host),
  read: (id, state, host) => readApproval(id, state as Partial<ApprovalState>, host),
  delete: (id, state, host) => removeApproval(id, state as ApprovalState, host),
  async import(id, { urn }, host, isImport) {
    if (isImport) {
      throw new Error(
        "a ModelApproval cannot be imported: it exists only in the state. Declare it in the program, and run `pulumi up`, which judges the model without training",
      );
    }
    const outputs = await readApproval(id, { __urn: urn }, host);
    return outputs && { inputs: {}, outputs };
  },
  previewOfCreate: (inputs, host) => previewOfCreate(inputs as ApprovalInputs, host),
  previewOfUpdate: (olds, inputs, host) => previewOfUpdate(olds as ApprovalState, inputs as ApprovalInputs, host),
};
