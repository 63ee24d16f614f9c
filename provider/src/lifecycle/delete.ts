import { isTerminal, type Job, type MistralClient } from "../client";
import { JobStatus } from "../enums";
import { pulumiErrorText, withPulumiAdvice } from "./connection/advice";
import { isTemporaryFailure } from "./connection/errors";
import { connectWithFallbackKeys } from "./connection/fallbackKeys";
import { undefinedIfNotFound } from "./connection/notFound";
import { assertSameServer, isSameServer } from "./connection/sameServer";
import { cancelUnlessEnded } from "./job/cancel";
import { fileIdsOf } from "./job/fileIds";
import { applyDeletionPolicy } from "./job/model";
import { pollerFor } from "./job/poller";
import { PollInterval } from "./job/pollInterval";
import { withDeadline } from "./runtime/deadline";
import type { Host } from "./runtime/host";
import type { Outputs } from "./state/outputs";
import { isUploadName } from "./uploads/uploadFiles";

const TEN_MINUTES = 600;
const LONGEST_POLL_SECONDS = 5;

/**
 * Ends what the resource stands for: cancels the job unless it has settled, waits until it has, applies
 * `modelDeletionPolicy`, and removes the files that it uploaded. What is gone already is success.
 */
export function remove(id: string, state: Outputs, host: Host): Promise<void> {
  return withPulumiAdvice(() => removeJob(id, state, host));
}

async function removeJob(id: string, state: Outputs, host: Host): Promise<void> {
  // An old entry of the state that shares its id with the live one: ending it would end the live job.
  if (host.session.isLive(id)) return;
  const { client, baseUrl } = await connectWithFallbackKeys(id, state, host);
  await withDeadline(state.__timeouts?.delete ?? TEN_MINUTES, host, async (deadline) => {
    const { signal } = deadline;
    try {
      const job = await cancelAndWait(client, id, state, host, signal);
      if (!job && !isSameServer(state, baseUrl)) return removeFromStateOnly(id, state, baseUrl, host);
      const model = job?.fine_tuned_model ?? state.fineTunedModel;
      if (model) await applyDeletionPolicy(client, model, state.modelDeletionPolicy, signal);
      await removeUploads(client, state, model, signal);
    } catch (error) {
      if (!deadline.reason()) throw error;
      throw new Error(
        `${deadline.reason()} while fine-tuning job ${id} was being cancelled: run the command again to go on`,
      );
    }
  });
}

/** The job is at another server than the one that is asked: nothing can be done there, and nothing need be if it has settled. */
function removeFromStateOnly(id: string, state: Outputs, baseUrl: string, host: Host): void {
  if (!isTerminal(state.status) || (state.modelDeletionPolicy ?? "retain") !== "retain") {
    assertSameServer(id, state, baseUrl);
  }
  host.log(
    state.__urn,
    `fine-tuning job ${id} is at ${state.baseUrl}, not at ${baseUrl}: it has settled and its model is retained, so it is only removed from the state`,
    "warning",
  );
}

/** Sees to it that the job has settled. A server that is out of reach for a while ends this wait as little as any other. */
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
      // A list may leave out which model it was, where the job won the race against its cancellation.
      if (isTerminal(observation.job.status)) {
        return observation.detailed ? observation.job : await undefinedIfNotFound(client.jobs.get(id, { signal }));
      }
      pollInterval.observe(observation.job);
    } catch (error) {
      if (signal.aborted || !isTemporaryFailure(error)) throw error;
      host.log(urn, `waiting until fine-tuning job ${id} is cancelled: ${pulumiErrorText(error)}`, "progress");
    }
  }
}

/**
 * Removes the files that the resource uploaded, which their names tell, except those that another job still needs, and those
 * whose name identifies a retained model's declaration: by them the next `pulumi up` finds the model again.
 */
async function removeUploads(
  client: MistralClient,
  state: Outputs,
  model: string | undefined,
  signal: AbortSignal,
): Promise<void> {
  const userFileIds = [...(state.trainingFiles ?? []), ...(state.validationFiles ?? [])].map((file) => file.fileId);
  const uploads = [...state.trainingFileIds, ...state.validationFileIds].filter(
    (fileId) => !userFileIds.includes(fileId),
  );
  const keepsIdentity = state.__suffix === "user" && model && state.modelDeletionPolicy !== "delete";
  if (uploads.length === 0 || keepsIdentity) return;
  const usedByOthers = new Set<string>();
  for await (const job of client.jobs.listAll({}, { signal })) {
    if (isTerminal(job.status)) continue;
    for (const fileId of fileIdsOf(job)) {
      usedByOthers.add(fileId);
    }
  }
  for (const fileId of uploads.filter((upload) => !usedByOthers.has(upload))) {
    const file = await undefinedIfNotFound(client.files.get(fileId, { signal }));
    // An adopted job was trained on files that somebody else uploaded.
    if (file?.filename && isUploadName(file.filename)) {
      await undefinedIfNotFound(client.files.delete(fileId, { signal }));
    }
  }
}
