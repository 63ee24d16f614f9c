import { workspaceOf } from "../../client/http/workspace";
import type { ApprovalInputs, ApprovalState } from "../../schema/approval";
import type { Judgement } from "./judgement/judge";

/** Returns the state: the inputs, the judgement, and the models that are held. */
export function toState(
  inputs: ApprovalInputs,
  judgement: Judgement,
  { model, previousModel }: Pick<ApprovalState, "model"> & { previousModel?: string | undefined },
  baseUrl: string,
): ApprovalState {
  const workspace = workspaceOf(judgement.job);
  return {
    ...inputs,
    model,
    candidate: judgement.model,
    approved: judgement.approved,
    figures: judgement.figures,
    // A host cannot serialize undefined values.
    ...(previousModel !== undefined && { previousModel }),
    baseUrl,
    ...(workspace !== undefined && { __workspace: workspace }),
  };
}
