import type { Job, MistralClient, Model } from "../../client";
import type { Inputs } from "../../schema/inputs";
import type { JobOutputs } from "../../schema/outputs";
import { undefinedIfNotFound } from "../connection/notFound";
import type { Host } from "../runtime/host";
import { cleanName } from "../state/cleanText";
import { LONGEST_NAME } from "../state/limits";

type Description = Pick<Inputs, "modelName" | "modelDescription">;

/** Delays between lookups of a missing model, in seconds: the model registry may lag behind the job. */
const RETRY_AFTER_SECONDS = [1, 2, 5];
/** If a model is missing and its job's last change is older than this, the model was deleted. The lookup is not retried. */
const RECENT_SECONDS = 300;

/**
 * Returns a job's model from the registry. If the provider wrongly decides that a model was deleted, the user pays again. So this
 * retries the lookup of a recent model.
 *
 * @returns undefined when it was deleted
 */
export async function findModel(
  client: MistralClient,
  id: string,
  job: Pick<Job, "modified_at"> | undefined,
  { clock }: Pick<Host, "clock">,
  signal: AbortSignal,
): Promise<Model | undefined> {
  const isRecent = Date.now() / 1000 - (job?.modified_at ?? 0) < RECENT_SECONDS;
  for (const seconds of isRecent ? RETRY_AFTER_SECONDS : []) {
    const model = await undefinedIfNotFound(client.models.get(id, { signal }));
    if (model) return model;
    await clock.sleep(seconds * 1000, signal);
  }
  return undefinedIfNotFound(client.models.get(id, { signal }));
}

/**
 * Unarchives the model if it is archived. Also if only a hold delays its archiving or deletion, which an earlier resource asked for:
 * otherwise the server would take the model away when the hold ends.
 */
export async function unarchiveModel(
  client: MistralClient,
  { archived, pending_deletion_policy: pending, id }: Model,
  signal: AbortSignal,
): Promise<void> {
  if (archived || pending !== undefined) await undefinedIfNotFound(client.models.unarchive(id, { signal }));
}

/** Sets the declared name and description of the fine-tuned model where they differ. */
export async function ensureModelNamed(
  client: MistralClient,
  model: Model,
  { modelName, modelDescription }: Description,
  signal: AbortSignal,
): Promise<void> {
  const wanted = {
    ...(modelName !== undefined && model.name !== modelName && { name: modelName }),
    ...(modelDescription !== undefined && model.description !== modelDescription && { description: modelDescription }),
  };
  if (Object.keys(wanted).length > 0) await client.models.update(model.id, wanted, { signal });
}

const shown = (text = "") => cleanName(text.slice(0, LONGEST_NAME), {});

/** Returns the outputs that describe the model, so that `diff` detects drift and `update` corrects it. */
export function modelOutputs(
  { modelName, modelDescription }: Description,
  model: Model,
): Description & Pick<JobOutputs, "modelArchived"> {
  return {
    ...(modelName !== undefined && { modelName: shown(model.name) }),
    ...(modelDescription !== undefined && { modelDescription: shown(model.description) }),
    ...(model.archived && { modelArchived: true }),
  };
}

/** The error text for a succeeded job whose model was deleted. */
export const modelDeletedReason = ({
  jobId,
  fineTunedModel = "its model",
}: Pick<JobOutputs, "jobId" | "fineTunedModel">) =>
  `fine-tuning job ${jobId} has succeeded, but ${fineTunedModel} was deleted outside of Pulumi. It is not retrained automatically: change \`triggers\` to retrain.`;

/** The error text for a succeeded job whose model the server has not registered yet. */
export const modelMissingReason = (jobId: string) =>
  `fine-tuning job ${jobId} has succeeded, but the server does not report its model yet: run \`pulumi up\` again in a few minutes`;

/**
 * Applies `modelDeletionPolicy`. A model that is already gone counts as success.
 *
 * @returns the line to show when a hold delays the policy; undefined when nothing does
 */
export async function applyDeletionPolicy(
  client: MistralClient,
  id: string,
  policy: Inputs["modelDeletionPolicy"],
  signal: AbortSignal,
): Promise<string | undefined> {
  if (policy !== "archive" && policy !== "delete") return undefined;
  const reply = await undefinedIfNotFound(client.models[policy](id, { signal }));
  if (reply?.pending === undefined) return undefined;
  const holders = shown((reply.held_by ?? []).join(", "));
  const effect = reply.pending === "delete" ? "deletes" : "archives";
  return `model ${id} is held by ${holders}: the server ${effect} it when the hold ends`;
}
