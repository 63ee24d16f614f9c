import { workspaceOf } from "../../client/http/workspace";
import type { ApprovalInputs, ApprovalState } from "../../schema/approval";
import { connect } from "../connection/connect";
import { isSameServer } from "../connection/sameServer";
import type { Host } from "../runtime/host";
import { changedInputs } from "./diff";
import { holdModels } from "./hold";
import { judge } from "./judgement/judge";
import { approvedText, missText } from "./judgement/messages";
import { reportMiss } from "./reportMiss";
import { runApproval } from "./run";
import { toState } from "./state";

/**
 * Judges again. A model that meets the thresholds becomes the approved one, and the model approved before stays held. With
 * `onMiss: keepPrevious`, a miss keeps the approved model.
 *
 * @throws a plain error on any other miss: the state keeps the approval as it was
 */
export function updateApproval(
  id: string,
  olds: ApprovalState,
  news: ApprovalInputs,
  host: Host,
): Promise<ApprovalState> {
  host.session.recordReturned(id);
  return runApproval(news.__timeouts?.update, host, async (deadline) => {
    const connection = await connect(news, host, olds);
    const { baseUrl } = connection;
    const moved = !isSameServer(olds, baseUrl);
    const { signal } = deadline;
    const holdApproved = () => holdModels(id, [olds.model, olds.previousModel], news, connection, host, signal);
    // Only the name has changed: the hold's description changes with it.
    if (!moved && changedInputs(olds, news).length === 0) {
      await holdApproved();
      return { ...olds, ...news };
    }
    const judgement = await judge(news, connection, olds, host, deadline);
    const keeps = !judgement.approved;
    if (keeps) await reportMiss(id, judgement, news, connection, host, signal);
    if (keeps && news.onMiss !== "keepPrevious") {
      // The approved model may not be held: somebody ended the hold, or the server was upgraded since. The miss is more important.
      if (!moved) await holdApproved().catch(() => undefined);
      throw new Error(missText(judgement, olds));
    }
    if (keeps) host.log(news.__urn, missText(judgement, olds), "warning");
    // The models of another server cannot be held here. A miss then changes nothing there.
    if (keeps && moved) {
      return toState(news, judgement, olds, { baseUrl: olds.baseUrl, workspace: olds.__workspace });
    }
    const isSame = keeps || judgement.model === olds.model;
    const model = keeps ? olds.model : judgement.model;
    const previous = moved ? undefined : isSame ? olds.previousModel : olds.model;
    const existing = await holdModels(id, [model, previous], news, connection, host, signal);
    if (moved) host.log(news.__urn, movedText(id, olds, baseUrl), "warning");
    if (!keeps) host.log(news.__urn, approvedText(judgement), "milestone");
    const workspace = workspaceOf(judgement.job) ?? (moved ? undefined : olds.__workspace);
    return toState(news, judgement, { model, previousModel: existing[1] }, { baseUrl, workspace });
  });
}

const movedText = (holder: string, { model, baseUrl: before }: ApprovalState, baseUrl: string) =>
  `the approved model is now on ${baseUrl}. ${before} still holds ${model}: end the hold ${holder} there when no deployment uses the model any more`;
