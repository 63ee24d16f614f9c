import type { Job, MistralClient, Model } from "../../client";
import type { Inputs } from "../../schema/inputs";
import type { JobOutputs } from "../../schema/outputs";
import { undefinedIfNotFound } from "../connection/notFound";
import type { Host } from "../runtime/host";

type Description = Pick<Inputs, "modelName" | "modelDescription">;

/** A registry may lag behind its jobs: seconds after which a model that is not there is looked for again, in turn. */
const RETRY_AFTER_SECONDS = [1, 2, 5];
/** Once its job has ended so long ago, a model that is not there is one that was deleted. */
const RECENT_SECONDS = 300;

/**
 * A job's model, as the registry has it. "Deleted" leads to paying again, so it is not concluded from one look at a model that
 * may only just have come to be.
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

/** Makes an archived model usable again. */
export async function unarchiveModel(
  client: MistralClient,
  { archived, id }: Model,
  signal: AbortSignal,
): Promise<void> {
  if (archived) await undefinedIfNotFound(client.models.unarchive(id, { signal }));
}

/** Gives the fine-tuned model its declared name and description, unless it has them already. */
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

/** What the state says of the model as it is now, so that a change outside Pulumi is seen and mended. */
export function modelOutputs(
  { modelName, modelDescription }: Description,
  model: Model,
): Description & Pick<JobOutputs, "modelArchived"> {
  return {
    ...(modelName !== undefined && { modelName: model.name ?? "" }),
    ...(modelDescription !== undefined && { modelDescription: model.description ?? "" }),
    ...(model.archived && { modelArchived: true }),
  };
}

/** Why a job that has succeeded is not what was declared. */
export const modelDeletedReason = ({
  jobId,
  fineTunedModel = "its model",
}: Pick<JobOutputs, "jobId" | "fineTunedModel">) =>
  `fine-tuning job ${jobId} has succeeded, but ${fineTunedModel} was deleted outside of Pulumi. It is not trained again by itself: change \`triggers\` to train again.`;

/** A server that lags behind itself. */
export const modelMissingReason = (jobId: string) =>
  `fine-tuning job ${jobId} has succeeded, but the server does not name its model yet: run \`pulumi up\` again in a while`;

/** Applies `modelDeletionPolicy`. A model that is gone already is what was wanted. */
export async function applyDeletionPolicy(
  client: MistralClient,
  id: string,
  policy: Inputs["modelDeletionPolicy"],
  signal: AbortSignal,
): Promise<void> {
  if (policy === "archive") await undefinedIfNotFound(client.models.archive(id, { signal }));
  if (policy === "delete") await undefinedIfNotFound(client.models.delete(id, { signal }));
}
