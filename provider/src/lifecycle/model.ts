import type { MistralClient, Model } from "../client";
import type { Inputs } from "../schema/inputs";
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

/** What the state says of the model's name and description, as they are now: a change outside Pulumi is seen and mended. */
export function describedAs({ modelName, modelDescription }: Description, model: Model): Description {
  return {
    ...(modelName !== undefined && { modelName: model.name ?? "" }),
    ...(modelDescription !== undefined && { modelDescription: model.description ?? "" }),
  };
}

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
