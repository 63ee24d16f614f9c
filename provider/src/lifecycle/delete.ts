import { isTerminal, type Job, type MistralClient } from "../client";
import { JobStatus } from "../enums";
import { pulumiErrorText, withPulumiAdvice } from "./connection/advice";
import { isTemporaryFailure } from "./connection/errors";
import { connectWithFallbackKeys } from "./connection/fallbackKeys";
import { undefinedIfNotFound } from "./connection/notFound";
import { assertSameServer, isSameServer } from "./connection/sameServer";
import { cancelUnlessEnded } from "./job/cancel";
import { applyDeletionPolicy } from "./job/model";
import { pollerFor } from "./job/poller";
import { PollInterval } from "./job/pollInterval";
import { withDeadline } from "./runtime/deadline";
import type { Host } from "./runtime/host";
import type { Outputs } from "./state/outputs";
import { filesInUse } from "./uploads/filesInUse";
import { isUploadName } from "./uploads/uploadFiles";

const TEN_MINUTES = 600;
const LONGEST_POLL_SECONDS = 5;

/**
 * Deletes the resource: cancels the job unless it has ended, waits until it has ended, applies `modelDeletionPolicy`, and removes
 * the files that this provider uploaded. Objects that are already gone count as deleted.
 */
export function remove(id: string, state: Outputs, host: Host): Promise<void> {
  return withPulumiAdvice(() => removeJob(id, state, host));
}

async function removeJob(id: string, state: Outputs, host: Host): Promise<void> {
  // After a replacement that adopted the job, the old and the new state entry have the same job. Do not cancel it.
  if (host.session.isLive(id)) return;
  const { client, baseUrl } = await connectWithFallbackKeys(id, state, host);
  await withDeadline(state.__timeouts?.delete ?? TEN_MINUTES, host, async (deadline) => {
    const { signal } = deadline;
    try {
      const job = await cancelAndWait(client, id, state, host, signal);
      if (!job && !isSameServer(state, baseUrl)) return removeFromStateOnly(id, state, baseUrl, host);
      const model = job?.fine_tuned_model ?? state.fineTunedModel;
      const delayed = model && (await applyDeletionPolicy(client, model, state.modelDeletionPolicy, signal));
      if (delayed) host.log(state.__urn, delayed, "milestone");
      host.session.recordRemoved(id);
      await removeUploads(client, state, model, host, signal);
    } catch (error) {
      if (!deadline.reason()) throw error;
      throw new Error(`${deadline.reason()} while cancelling fine-tuning job ${id}: run the command again to continue`);
    }
  });
}

/**
 * Handles a job on a server that the current config does not point to. A job with a terminal status and a retained model needs no
 * request to that server.
 *
 * @throws when the job may still be running there, or its model must be archived or deleted
 */
function removeFromStateOnly(id: string, state: Outputs, baseUrl: string, host: Host): void {
  if (!isTerminal(state.status) || (state.modelDeletionPolicy ?? "retain") !== "retain") {
    assertSameServer(id, state, baseUrl);
  }
  host.log(
    state.__urn,
    `fine-tuning job ${id} is on ${state.baseUrl}, not on ${baseUrl}: it has ended and its model is retained, so it is only removed from the state`,
    "warning",
  );
}

/** Cancels the job and waits until its status is terminal. Keeps waiting while the server is unreachable. */
async function cancelAndWait(
  client: MistralClient,
  id: string,
  { __urn: urn, createdAt }: Outputs,
  host: Host,
  signal: AbortSignal,
): Promise<Job | undefined> {
  const first = await undefinedIfNotFound(client.jobs.get(id, { signal }));
  if (!first || isTerminal(first.status)) return first;
  if (first.status !== JobStatus.CancellationRequested) await cancelUnlessEnded(client, id, signal);
  const poller = pollerFor(client, host.clock);
  const pollInterval = new PollInterval(host.clock, LONGEST_POLL_SECONDS);
  for (;;) {
    try {
      const observation = await undefinedIfNotFound(
        poller.poll({ jobId: id, createdAt }, pollInterval.nextMs(), signal),
      );
      if (!observation) return undefined;
      // The job may have succeeded before it was cancelled; a list entry may omit its model.
      if (isTerminal(observation.job.status)) {
        return observation.detailed ? observation.job : await undefinedIfNotFound(client.jobs.get(id, { signal }));
      }
      pollInterval.observe(observation.job);
    } catch (error) {
      if (signal.aborted || !isTemporaryFailure(error)) throw error;
      host.log(urn, `waiting for fine-tuning job ${id} to be cancelled: ${pulumiErrorText(error)}`, "progress");
    }
  }
}

/**
 * Removes the files that this provider uploaded, recognised by their names. Keeps files that another job needs, and files
 * whose name carries the identity of a retained model: the next `pulumi up` finds the model by that name.
 */
async function removeUploads(
  client: MistralClient,
  state: Outputs,
  model: string | undefined,
  host: Host,
  signal: AbortSignal,
): Promise<void> {
  const userFileIds = [...(state.trainingFiles ?? []), ...(state.validationFiles ?? [])].map((file) => file.fileId);
  const uploads = [...state.trainingFileIds, ...state.validationFileIds].filter(
    (fileId) => !userFileIds.includes(fileId),
  );
  const keepsIdentity = state.__suffix === "user" && model && state.modelDeletionPolicy !== "delete";
  if (uploads.length === 0 || keepsIdentity) return;
  const used = await filesInUse(client, uploads, host.session, signal);
  for (const fileId of uploads.filter((upload) => !used.has(upload))) {
    const file = await undefinedIfNotFound(client.files.get(fileId, { signal }));
    // An adopted job may use files that this provider did not upload.
    if (file?.filename && isUploadName(file.filename)) {
      await undefinedIfNotFound(client.files.delete(fileId, { signal }));
    }
  }
}
