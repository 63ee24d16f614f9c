import type { DetailedJob, MistralClient } from "../client";
import type { Inputs } from "../schema/inputs";
import { ifFound } from "./findJob";

/** Gives the fine-tuned model its declared name and description, unless it has them already. */
export async function ensureModelDescribed(
  client: MistralClient,
  job: DetailedJob,
  { modelName, modelDescription }: Inputs,
  signal: AbortSignal,
): Promise<void> {
  const id = job.fine_tuned_model;
  if (!id || (modelName === undefined && modelDescription === undefined)) return;
  const model = await client.models.get(id, { signal });
  const wanted = {
    ...(modelName !== undefined && model.name !== modelName && { name: modelName }),
    ...(modelDescription !== undefined && model.description !== modelDescription && { description: modelDescription }),
  };
  if (Object.keys(wanted).length > 0) await client.models.update(id, wanted, { signal });
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
