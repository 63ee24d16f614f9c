import { setTimeout as sleep } from "node:timers/promises";
import { ConflictError, type DetailedJob, type MistralClient } from "../client";
import { connect } from "./connection";
import { ifFound } from "./findJob";
import type { Host } from "./host";
import { releaseModel } from "./model";
import { isSameOrigin, mustBeSameOrigin } from "./origin";
import type { Outputs } from "./outputs";
import { duration } from "./progress";
import { isSettled } from "./status";
import { stopAfter } from "./stop";

const TEN_MINUTES = 600;
const INTERVAL_MS = 1000;

/**
 * Ends what the resource stands for: cancels the job unless it has settled, waits until it has, applies
 * `modelDeletionPolicy`, and removes the files that it uploaded. What is gone already is success.
 */
export async function remove(id: string, state: Outputs, host: Host): Promise<void> {
  // An old entry of the state that shares its id with the live one: ending it would end the live job.
  if (host.session.isAlive(id)) return;
  const { client, baseUrl } = await connect(state, host);
  const timeoutSeconds = state.__timeouts?.delete ?? TEN_MINUTES;
  const signal = stopAfter(timeoutSeconds, host);
  try {
    const job = await cancelled(client, id, signal);
    if (!job && !isSameOrigin(state, baseUrl)) {
      if (!isSettled(state.status) || (state.modelDeletionPolicy ?? "retain") !== "retain") {
        mustBeSameOrigin(id, state, baseUrl);
      }
      host.say(
        state.__urn,
        `fine-tuning job ${id} is at ${state.baseUrl}, not at ${baseUrl}: it has settled and its model is retained, so it is only removed from the state`,
        "warning",
      );
      return;
    }
    const model = job?.fine_tuned_model ?? state.fineTunedModel;
    if (model) await releaseModel(client, model, state.modelDeletionPolicy, signal);
    await removeUploads(client, state, signal);
  } catch (error) {
    if (!signal.aborted) throw error;
    const why = host.signal.aborted ? "interrupted" : `not done after ${duration(timeoutSeconds)} (customTimeouts)`;
    throw new Error(`${why} while fine-tuning job ${id} was being cancelled: run the command again to go on`);
  }
}

/** Sees to it that the job has settled. */
async function cancelled(client: MistralClient, id: string, signal: AbortSignal): Promise<DetailedJob | undefined> {
  let asked = false;
  for (;;) {
    const job = await ifFound(client.jobs.get(id, { signal }));
    if (!job || isSettled(job.status)) return job;
    if (!asked) {
      asked = true;
      // A conflict means that it settled in the meantime: the next look tells.
      await ifFound(client.jobs.cancel(id, { signal })).catch((error) => {
        if (!(error instanceof ConflictError)) throw error;
      });
      continue;
    }
    await sleep(INTERVAL_MS, undefined, { signal });
  }
}

/**
 * Removes the files that the resource uploaded, except those that another job still needs, and those whose name identifies a
 * retained model's declaration: by them the next `pulumi up` finds the model again.
 */
async function removeUploads(client: MistralClient, state: Outputs, signal: AbortSignal): Promise<void> {
  const given = [...(state.trainingFiles ?? []), ...(state.validationFiles ?? [])].map((file) => file.fileId);
  const uploads = [...state.trainingFileIds, ...state.validationFileIds].filter((fileId) => !given.includes(fileId));
  const keepsIdentity = state.__suffix === "user" && state.fineTunedModel && state.modelDeletionPolicy !== "delete";
  if (uploads.length === 0 || keepsIdentity) return;
  const needed = new Set<string>();
  for await (const job of client.jobs.listAll({}, { signal })) {
    if (isSettled(job.status)) continue;
    for (const fileId of [...(job.training_files ?? []), ...(job.validation_files ?? [])]) needed.add(fileId);
  }
  for (const fileId of uploads.filter((upload) => !needed.has(upload))) {
    await ifFound(client.files.delete(fileId, { signal }));
  }
}
