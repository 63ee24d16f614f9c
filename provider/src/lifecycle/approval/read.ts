import type { ApprovalState } from "../../schema/approval";
import { withPulumiAdvice } from "../connection/advice";
import { connect } from "../connection/connect";
import { undefinedIfNotFound } from "../connection/notFound";
import { isSameServer } from "../connection/sameServer";
import type { Host } from "../runtime/host";
import { heldModels } from "./hold";

/**
 * Returns the state unchanged: a refresh never judges, so it cannot turn a miss into an approval. Warns when the approved model is gone
 * or archived. Without a state (`ModelApproval.get`), returns the models that the server holds.
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
    return state;
  });
}
