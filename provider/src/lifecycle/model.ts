import type { MistralClient, Model } from "../client";
import type { Inputs } from "../schema/inputs";
import type { JobOutputs } from "../schema/outputs";
import { ifFound } from "./tolerant";

type Description = Pick<Inputs, "modelName" | "modelDescription">;

/** Gives the fine-tuned model its declared name and description, unless it has them already. */
export async function ensureModelDescribed(
  client: MistralClient,
  id: string,
  { modelName, modelDescription }: Description,
  signal: AbortSignal,
): Promise<void> {
  if (modelName === undefined && modelDescription === undefined) return;
  const model = await client.models.get(id, { signal });
  const wanted = {
    ...(modelName !== undefined && model.name !== modelName && { name: modelName }),
    ...(modelDescription !== undefined && model.description !== modelDescription && { description: modelDescription }),
  };
  if (Object.keys(wanted).length > 0) await client.models.update(id, wanted, { signal });
}

/** Makes an archived model usable again. Undefined when it is gone. */
export async function makeUsable(client: MistralClient, id: string, signal: AbortSignal): Promise<Model | undefined> {
  const model = await ifFound(client.models.get(id, { signal }));
  if (model?.archived) await ifFound(client.models.unarchive(id, { signal }));
  return model;
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
export const modelGone = ({ jobId, fineTunedModel = "its model" }: Pick<JobOutputs, "jobId" | "fineTunedModel">) =>
  `fine-tuning job ${jobId} has succeeded, but ${fineTunedModel} was deleted outside of Pulumi. It is not trained again by itself: change \`triggers\` to train again.`;

/** A server that lags behind itself. */
export const noModel = (jobId: string) =>
  `fine-tuning job ${jobId} has succeeded, but the server names no model: run \`pulumi up\` again`;

/** Applies `modelDeletionPolicy`. A model that is gone already is what was wanted. */
export async function releaseModel(
  client: MistralClient,
  id: string,
  policy: Inputs["modelDeletionPolicy"],
  signal: AbortSignal,
): Promise<void> {
  if (policy === "archive") await ifFound(client.models.archive(id, { signal }));
  if (policy === "delete") await ifFound(client.models.delete(id, { signal }));
}
