import type { ApprovalState } from "../../schema/approval";
import { withPulumiAdvice } from "../connection/advice";
import { connectWithFallbackKeys } from "../connection/fallbackKeys";
import { undefinedIfNotFound } from "../connection/notFound";
import { isSameServer } from "../connection/sameServer";
import { withDeadline } from "../runtime/deadline";
import type { Host } from "../runtime/host";

const TEN_MINUTES = 600;

/**
 * Deletes the approval: ends its hold. The server then archives or deletes the models whose jobs are gone, as their
 * `modelDeletionPolicy` says.
 */
export function removeApproval(id: string, state: ApprovalState, host: Host): Promise<void> {
  // After `up --replace`, the old and the new state entry have the same hold.
  if (host.session.isLive(id)) return Promise.resolve();
  return withPulumiAdvice(async () => {
    const { client, baseUrl } = await connectWithFallbackKeys(state.jobId, state, host);
    if (!isSameServer(state, baseUrl)) {
      host.log(
        state.__urn,
        `the approval is on ${state.baseUrl}, not on ${baseUrl}: it is only removed from the state, and ${state.baseUrl} still holds ${state.model}`,
        "warning",
      );
      return;
    }
    await withDeadline(state.__timeouts?.delete ?? TEN_MINUTES, host, async ({ signal }) => {
      // The reply of a GET names the key's workspace: there, a 404 of another workspace does not mean that the hold is gone.
      if ((await undefinedIfNotFound(client.holds.get(id, { signal }))) === undefined) return;
      await undefinedIfNotFound(client.holds.delete(id, { signal }));
    });
  });
}
