import type { ApprovalInputs, ApprovalState } from "../../schema/approval";
import type { Judgement } from "./judgement/judge";

/** Returns the state: the inputs, the judgement, the models that are held, and where. */
export function toState(
  inputs: ApprovalInputs,
  judgement: Judgement,
  { model, previousModel }: Pick<ApprovalState, "model"> & { previousModel?: string | undefined },
  { baseUrl, workspace }: { baseUrl: string; workspace: string | undefined },
): ApprovalState {
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
