import { workspaceOf } from "../../client/http/workspace";
import type { ApprovalInputs, ApprovalState } from "../../schema/approval";
import { connect } from "../connection/connect";
import type { Host } from "../runtime/host";
import { holdModels, ownHold } from "./hold";
import { judge } from "./judgement/judge";
import { approvedText, missText, nothingToKeepText } from "./judgement/messages";
import { reportMiss } from "./reportMiss";
import { runApproval } from "./run";
import { toState } from "./state";

/**
 * Approves the job's model if it meets the thresholds: holds it on the server, and outputs its ID.
 *
 * @throws a plain error when the model misses a threshold. Nothing is then in the state: no model was approved before
 */
export function createApproval(inputs: ApprovalInputs, host: Host): Promise<{ id: string; outputs: ApprovalState }> {
  return runApproval(inputs.__timeouts?.create, host, async (deadline) => {
    const { signal } = deadline;
    const connection = await connect(inputs, host);
    const judgement = await judge(inputs, connection, {}, host, deadline);
    const holder = inputs.__holder ?? "";
    if (!judgement.approved) {
      await reportMiss(holder, judgement, inputs, connection, host, signal);
      throw new Error(inputs.onMiss === "keepPrevious" ? nothingToKeepText(judgement) : missText(judgement));
    }
    const [held, heldBefore] = await ownHold(holder, inputs, connection, signal);
    const previous = held === judgement.model ? heldBefore : held;
    const existing = await holdModels(holder, [judgement.model, previous], inputs, connection, host, signal);
    host.session.recordReturned(holder);
    host.log(inputs.__urn, approvedText(judgement), "milestone");
    const approval = { model: judgement.model, previousModel: existing[1] };
    const place = { baseUrl: connection.baseUrl, workspace: workspaceOf(judgement.job) };
    return { id: holder, outputs: toState(inputs, judgement, approval, place) };
  });
}
