import { errorText } from "#common";
import { isTerminal, type Job, type MistralClient } from "../client";
import { JobStatus } from "../enums";
import { isPassing } from "./connection/errors";
import { connectWithAnyKey } from "./connection/fallbackKeys";
import { isSameServer, mustBeSameServer } from "./connection/sameServer";
import { releaseModel } from "./job/model";
import { watchOf } from "./job/poller";
import { Pace } from "./job/pollInterval";
import { cancelIfPossible, fileIdsOf, ifFound } from "./job/tolerant";
import { limited } from "./runtime/deadline";
import type { Host } from "./runtime/host";
import type { Outputs } from "./state/outputs";
import { isUploadName } from "./uploads/uploadFiles";

const TEN_MINUTES = 600;
const LONGEST_INTERVAL_SECONDS = 5;

/**
 * Ends what the resource stands for: cancels the job unless it has settled, waits until it has, applies
 * `modelDeletionPolicy`, and removes the files that it uploaded. What is gone already is success.
 */
export async function remove(id: string, state: Outputs, host: Host): Promise<void> {
  // An old entry of the state that shares its id with the live one: ending it would end the live job.
  if (host.session.isAlive(id)) return;
  const { client, baseUrl } = await connectWithAnyKey(id, state, host);
  await limited(state.__timeouts?.delete ?? TEN_MINUTES, host, async (limit) => {
    const { signal } = limit;
    try {
      const job = await cancelled(client, id, state, host, signal);
      if (!job && !isSameServer(state, baseUrl)) return letGo(id, state, baseUrl, host);
      const model = job?.fine_tuned_model ?? state.fineTunedModel;
      if (model) await releaseModel(client, model, state.modelDeletionPolicy, signal);
      await removeUploads(client, state, model, signal);
    } catch (error) {
      if (!limit.reason()) throw error;
      throw new Error(
        `${limit.reason()} while fine-tuning job ${id} was being cancelled: run the command again to go on`,
      );
    }
  });
}

/** The job is at another server than the one that is asked: nothing can be done there, and nothing need be if it has settled. */
function letGo(id: string, state: Outputs, baseUrl: string, host: Host): void {
  if (!isTerminal(state.status) || (state.modelDeletionPolicy ?? "retain") !== "retain") {
    mustBeSameServer(id, state, baseUrl);
  }
  host.say(
    state.__urn,
    `fine-tuning job ${id} is at ${state.baseUrl}, not at ${baseUrl}: it has settled and its model is retained, so it is only removed from the state`,
    "warning",
  );
}

/** Sees to it that the job has settled. A server that is out of reach for a while ends this wait as little as any other. */
async function cancelled(
  client: MistralClient,
  id: string,
  { __urn: urn, createdAt }: Outputs,
  host: Host,
  signal: AbortSignal,
): Promise<Job | undefined> {
  const first = await ifFound(client.jobs.get(id, { signal }));
  if (!first || isTerminal(first.status)) return first;
  if (first.status !== JobStatus.CancellationRequested) await cancelIfPossible(client, id, signal);
  const watch = watchOf(client, host.clock);
  const pace = new Pace(host.clock, LONGEST_INTERVAL_SECONDS);
  for (;;) {
    try {
      const seen = await ifFound(watch.look({ jobId: id, createdAt }, pace.next(), signal));
      if (!seen) return undefined;
      // A list may leave out which model it was, where the job won the race against its cancellation.
      if (isTerminal(seen.job.status)) return seen.detailed ? seen.job : await ifFound(client.jobs.get(id, { signal }));
      pace.saw(seen.job);
    } catch (error) {
      if (signal.aborted || !isPassing(error)) throw error;
      host.say(urn, `waiting until fine-tuning job ${id} is cancelled: ${errorText(error)}`, "progress");
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
  const given = [...(state.trainingFiles ?? []), ...(state.validationFiles ?? [])].map((file) => file.fileId);
  const uploads = [...state.trainingFileIds, ...state.validationFileIds].filter((fileId) => !given.includes(fileId));
  const keepsIdentity = state.__suffix === "user" && model && state.modelDeletionPolicy !== "delete";
  if (uploads.length === 0 || keepsIdentity) return;
  const needed = new Set<string>();
  for await (const job of client.jobs.listAll({}, { signal })) {
    if (isTerminal(job.status)) continue;
    for (const fileId of fileIdsOf(job)) needed.add(fileId);
  }
  for (const fileId of uploads.filter((upload) => !needed.has(upload))) {
    const file = await ifFound(client.files.get(fileId, { signal }));
    // An adopted job was trained on files that somebody else uploaded.
    if (file?.filename && isUploadName(file.filename)) await ifFound(client.files.delete(fileId, { signal }));
  }
}
