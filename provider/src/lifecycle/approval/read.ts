import type { ApprovalState } from "../../schema/approval";
import { withPulumiAdvice } from "../connection/advice";
import { capabilitiesOf } from "../connection/capabilities";
import { connect } from "../connection/connect";
import { undefinedIfNotFound } from "../connection/notFound";
import { isSameServer } from "../connection/sameServer";
import type { Host } from "../runtime/host";
import { heldModels } from "./hold";

/**
 * Returns the state unchanged: a refresh never judges, so it cannot turn a miss into an approval. Warns when the approved model is gone,
 * archived or no longer held. Without a state (`ModelApproval.get`), returns the models that the server holds.
 *
 * @returns undefined when there is neither a state nor a hold
 */
export function readApproval(
  id: string,
  state: Partial<ApprovalState>,
  host: Host,
): Promise<Partial<ApprovalState> | undefined> {
  return withPulumiAdvice(async () => {
    host.session.recordRead(state.__urn);
    const { signal } = host;
    const connection = await connect(state, host, state);
    const { client, baseUrl } = connection;
    if (state.model === undefined) {
      const [model, previousModel] = await heldModels(id, connection, signal);
      if (model === undefined) return undefined;
      return { ...state, model, ...(previousModel !== undefined && { previousModel }), baseUrl };
    }
    if (!isSameServer(state, baseUrl)) return state;
    const model = await undefinedIfNotFound(client.models.get(state.model, { signal }));
    const problem = model ? model.archived && "is archived" : "was deleted outside of Pulumi";
    if (problem) {
      host.log(
        state.__urn,
        `approved model ${state.model} ${problem}: deployments that use it fail. Approve another model`,
        "warning",
      );
    }
    if (!(await capabilitiesOf(client, signal)).features.holds) return state;
    if (model && !(await heldModels(id, connection, signal)).includes(state.model)) {
      host.log(state.__urn, unheldText(id, state.model, baseUrl), "warning");
    }
    const { previousModel } = state;
    if (previousModel && !(await undefinedIfNotFound(client.models.get(previousModel, { signal })))) {
      host.log(
        state.__urn,
        `model ${previousModel}, which was approved before, was deleted outside of Pulumi: deployments that still use it fail`,
        "warning",
      );
    }
    return state;
  });
}

const unheldText = (holder: string, model: string, baseUrl: string) =>
  `${baseUrl} does not hold approved model ${model} any more: the hold ${holder} was ended or changed outside of Pulumi. The next change of an input of the approval holds the model again`;
